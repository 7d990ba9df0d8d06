/** Scene gating on a camera that shows one still street, then another. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { Viewer } from './support/viewer.ts';

const maxReuseSeconds = 1;
const secondsOfEach = 3;

let folder: string;
let clip: string;
let appliance: Appliance;
let viewer: Viewer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-gating-'));
  clip = join(folder, 'two-streets.mp4');
  const stills = ['street-1.jpg', 'highway-3.jpg'].flatMap((name) => [
    ...['-loop', '1', '-framerate', '10', '-t', String(secondsOfEach)],
    ...['-i', join(repositoryRoot, 'tests/reference/pictures', name)],
  ]);
  const joined = '[0]scale=768:576,setsar=1[a];[1]scale=768:576,setsar=1[b];[a][b]concat,format=yuv420p';
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '5', '-bf', '0'];
  execFileSync('ffmpeg', ['-v', 'error', ...stills, '-filter_complex', joined, ...codec, clip]);
});
afterEach(async () => {
  viewer.close();
  await appliance.stop();
  rmSync(folder, { recursive: true });
});

interface Result {
  readonly timestamp: string;
  readonly reused?: true;
  readonly detectedObjects: readonly { readonly class: string }[];
}

async function results(enabled: boolean, count: number): Promise<Result[]> {
  appliance = await Appliance.start({
    allowFiles: true,
    cameras: [{ id: 'street', url: clip, intervalMs: 250 }],
    analysis: { sceneGating: { enabled, maxReuseSeconds } },
  });
  viewer = await Viewer.connect(appliance.url, 'frames=none');
  viewer.send('watch', { cameraId: 'street' });
  const seen: Result[] = [];
  while (seen.length < count) seen.push((await viewer.waitForNext('detection_result', () => true)).data);
  return seen;
}

test('a result stands while nothing changes, marked, and no longer than it may', async () => {
  const seen = await results(true, 16);
  const analysed = seen.filter(({ reused }) => !reused);
  expect(seen.length - analysed.length).toBeGreaterThanOrEqual(4);
  // Both streets were noticed, the one with people and the one without.
  const people = analysed.map(({ detectedObjects }) => detectedObjects.some((one) => one.class === 'person'));
  expect(new Set(people)).toEqual(new Set([true, false]));
  const from = seen.findIndex(({ reused }) => !reused);
  let last = seen[from] as Result;
  for (const result of seen.slice(from)) {
    if (result.reused) {
      expect(result.detectedObjects).toEqual(last.detectedObjects);
      expect(Date.parse(result.timestamp) - Date.parse(last.timestamp)).toBeLessThanOrEqual(maxReuseSeconds * 1000 + 1);
    } else {
      last = result;
    }
  }
});

test('unless it is enabled, every frame is analysed', async () => {
  expect((await results(false, 6)).filter(({ reused }) => reused)).toEqual([]);
});
