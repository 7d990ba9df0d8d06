/** The engine's letterbox, fed with the planes that the ffmpeg command gives. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/appliance.ts';
import type { RecordedInput, RecordedPlanes } from './recorded.ts';

const letterboxDump = join(repositoryRoot, 'build-release/letterbox_dump');
const longSidePx = 640;
const stridePx = 32;
const largestOutputBytes = 256 * 2 ** 20;

/** Decodes a picture's planes, or a frame's. */
export function decodePlanes({ file, frameIndex, planes }: RecordedInput): Buffer {
  const source = ['-v', 'error', '-i', join(repositoryRoot, file), '-map', '0:v:0'];
  const frame = ['-vf', `select='eq(n,${frameIndex})'`, '-frames:v', '1', '-vsync', '0', '-f', 'rawvideo', '-'];
  const raw = pipe('ffmpeg', [...source, ...frame], Buffer.alloc(0));
  const expectedBytes = planesBytes(planes);
  if (raw.length === expectedBytes) return raw;
  throw new Error(`${file}: expected a frame of ${expectedBytes} bytes, received ${raw.length}`);
}

/** The model's input [3, height, width] that the engine makes of the planes. */
export function letterbox(planes: Buffer, of: RecordedPlanes): Float32Array {
  if (!existsSync(letterboxDump)) {
    throw new Error(
      `expected ${letterboxDump}; build it with: cmake --preset release && cmake --build --preset release`,
    );
  }
  const shape = [of.widthPx, of.heightPx, of.chromaShiftX, of.chromaShiftY];
  const tensor = pipe(letterboxDump, [...shape, of.matrix, of.range, longSidePx, stridePx].map(String), planes);
  return new Float32Array(tensor.buffer.slice(tensor.byteOffset, tensor.byteOffset + tensor.byteLength));
}

export function sha256(bytes: NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function planesBytes({ widthPx, heightPx, chromaShiftX, chromaShiftY }: RecordedPlanes): number {
  const chromaWidthPx = (widthPx + chromaShiftX) >> chromaShiftX;
  const chromaHeightPx = (heightPx + chromaShiftY) >> chromaShiftY;
  return widthPx * heightPx + 2 * chromaWidthPx * chromaHeightPx;
}

function pipe(command: string, args: readonly string[], input: Buffer): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: largestOutputBytes });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.toString()}`);
  return stdout;
}
