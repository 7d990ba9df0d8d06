/** What tests/reference/whole_way.py recorded: how another program, in NumPy, goes the whole way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repositoryRoot } from '../support/appliance.ts';

/** An object or what is comparable to one; `bbox` is x1, y1, x2, y2 in pixels of the source picture. */
export interface FoundObject {
  readonly class: string;
  readonly confidence: number;
  readonly bbox: readonly [x1: number, y1: number, x2: number, y2: number];
}

export interface FoundGroup {
  /** Positions in the objects. */
  readonly members: readonly number[];
  readonly bbox: FoundObject['bbox'];
}

/** A decoded picture's planes, one after the other without padding. */
export interface RecordedPlanes {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly chromaShiftX: 0 | 1;
  readonly chromaShiftY: 0 | 1;
  readonly matrix: 'bt601' | 'bt709';
  readonly range: 'limited' | 'full';
  readonly sha256: string;
}

/** A picture, or a frame of a clip. */
export interface RecordedInput {
  /** From the repository's root. */
  readonly file: string;
  /** Media time between two frames of a clip; 0: a picture. */
  readonly intervalMs: number;
  readonly frameIndex: number;
  readonly frameTimeMs: number;
  readonly planes: RecordedPlanes;
  readonly tensor: { readonly heightPx: number; readonly widthPx: number; readonly sha256: string };
  readonly objects: readonly FoundObject[];
  /** Those whose confidence is below the threshold by `faintMargin` at most. */
  readonly faintObjects: readonly FoundObject[];
  readonly groups: readonly FoundGroup[];
  /** What the same model finds where OpenCV reads, converts and scales the picture. */
  readonly openCvObjects: readonly FoundObject[];
  readonly openCvFaintObjects: readonly FoundObject[];
}

export interface RecordedSettings {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly confidence: number;
  readonly faintMargin: number;
  readonly iou: number;
  readonly rivals: readonly (readonly string[])[];
  readonly samplesPerTensor: number;
  readonly sampleHash: number;
}

const folder = join(repositoryRoot, 'tests/reference/recorded');

const [head, ...lines] = readFileSync(join(folder, 'whole-way.jsonl'), 'utf8').trimEnd().split('\n');

export const settings: RecordedSettings = JSON.parse(head ?? '');
export const inputs: readonly RecordedInput[] = lines.map((line) => JSON.parse(line));

/** Samples of the inputs' tensors, in the order of `inputs`; taken at `samplePositions()`. */
export function tensorSamples(): readonly Float32Array[] {
  const packed = gunzipSync(readFileSync(join(folder, 'tensor-samples.f32.gz')));
  const all = new Float32Array(packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength));
  const { samplesPerTensor } = settings;
  return inputs.map((_, index) => all.subarray(index * samplesPerTensor, (index + 1) * samplesPerTensor));
}

/** Where a tensor of `size` values was sampled: spread evenly by Knuth's multiplicative hash. */
export function samplePositions(size: number): number[] {
  const positionOf = (sample: number) => Math.floor(((Math.imul(sample, settings.sampleHash) >>> 0) * size) / 2 ** 32);
  return Array.from({ length: settings.samplesPerTensor }, (_, sample) => positionOf(sample));
}

export function nameOf(input: RecordedInput): string {
  return input.intervalMs === 0 ? input.file : `${input.file} frame ${input.frameIndex}`;
}
