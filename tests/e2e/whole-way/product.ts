/** The product's way: `roadwatch detect`, as a user runs it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mainFile, repositoryRoot } from '../support/appliance.ts';
import type { FoundGroup, FoundObject, RecordedInput } from './recorded.ts';

const largestOutputBytes = 64 * 2 ** 20;

interface DetectLine {
  readonly file: string;
  readonly frameTimeMs?: number;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly detectedObjects: readonly FoundObject[];
  readonly trafficGroups: readonly { readonly memberIndices: readonly number[]; readonly bbox: FoundObject['bbox'] }[];
}

/** What the product found in a picture or frame. */
export interface ProductResult {
  readonly file: string;
  readonly frameTimeMs: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly objects: readonly FoundObject[];
  readonly groups: readonly FoundGroup[];
}

/** Results for the inputs, pictures first: pictures in one run, each clip in one of its own. */
export async function detect(inputs: readonly RecordedInput[], confidence: number): Promise<ProductResult[]> {
  const clips = new Set(inputs.filter((input) => input.intervalMs > 0).map((input) => input.file));
  const results = await runDetect(
    inputs.filter((input) => input.intervalMs === 0),
    confidence,
  );
  for (const clip of clips) {
    const frames = inputs.filter((input) => input.file === clip);
    results.push(...(await runDetect(frames, confidence)));
  }
  return results;
}

async function runDetect(inputs: readonly RecordedInput[], confidence: number): Promise<ProductResult[]> {
  const files = [...new Set(inputs.map((input) => join(repositoryRoot, input.file)))];
  const everySeconds = (inputs[0]?.intervalMs ?? 0) / 1000;
  // An empty folder and environment: no configuration of the developer's takes part.
  const cwd = mkdtempSync(join(tmpdir(), 'roadwatch-whole-way-'));
  const args = [mainFile, 'detect', '--every', `${everySeconds}`, '--confidence', confidence.toFixed(2), ...files];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd,
      env: { PATH: process.env.PATH },
      maxBuffer: largestOutputBytes,
    });
    return stdout.trimEnd().split('\n').map(readLine);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

function readLine(text: string): ProductResult {
  const line: DetectLine = JSON.parse(text);
  return {
    file: line.file,
    frameTimeMs: line.frameTimeMs ?? 0,
    widthPx: line.imageWidth,
    heightPx: line.imageHeight,
    objects: line.detectedObjects,
    groups: line.trafficGroups.map(({ memberIndices, bbox }) => ({ members: memberIndices, bbox })),
  };
}
