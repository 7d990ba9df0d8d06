import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DetectionWriter } from '../../../src/cli/detection-writer.ts';
import { FileProgress } from '../../../src/cli/progress.ts';
import type { DetectionEvent } from '../../../src/native.ts';

let folder: string;
let lines: Record<string, unknown>[];
let progress: FileProgress;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-draw-'));
  lines = [];
  progress = new FileProgress(1);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(JSON.parse(String(text)));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  progress.close();
  rmSync(folder, { recursive: true });
});

function analysed(mediaTimeMs: number, drawn = 'drawn'): DetectionEvent {
  return {
    type: 'detection',
    cameraId: 'file-1',
    capturedAtMs: 0,
    mediaTimeMs,
    imageWidth: 20,
    imageHeight: 10,
    objects: [{ classId: 0, confidence: 0.9, bbox: [1, 2, 3, 4] }],
    groups: [],
    drawnJpeg: Buffer.from(drawn),
    timings: {
      totalMs: 1,
      decodeMs: 0,
      queueMs: 0,
      letterboxMs: 0,
      inferenceMs: 0,
      resultQueueMs: 0,
      postprocessMs: 0,
    },
  };
}

test('a line has what was found; of a video also when', async () => {
  const writer = new DetectionWriter(['person'], progress);
  writer.add('clips/street.mp4', analysed(1500.2));
  writer.add('still.JPG', analysed(0));
  await writer.written();
  const found = {
    imageWidth: 20,
    imageHeight: 10,
    detectedObjects: [{ class: 'person', confidence: 0.9, bbox: [1, 2, 3, 4], level: 'none' }],
    trafficGroups: [],
  };
  expect(lines).toEqual([
    { file: 'clips/street.mp4', frameTimeMs: 1500, ...found },
    { file: 'still.JPG', ...found },
  ]);
});

test('drawn pictures are named by file and time, and do not write over each other', async () => {
  const target = join(folder, 'new', 'folder');
  const writer = new DetectionWriter(['person'], progress, target);
  writer.add('a/street.mp4', analysed(0));
  writer.add('a/street.mp4', analysed(500));
  writer.add('a/gate.png', analysed(0, 'first'));
  writer.add('b/gate.png', analysed(0, 'second'));
  await writer.written();
  expect(readdirSync(target).toSorted()).toEqual([
    'gate-2.jpg',
    'gate.jpg',
    'street-00000000ms.jpg',
    'street-00000500ms.jpg',
  ]);
  expect(readFileSync(join(target, 'gate-2.jpg'), 'utf8')).toBe('second');
});

test('a picture that cannot be written is an error, not a silence', async () => {
  const writer = new DetectionWriter(['person'], progress, '/dev/null/folder');
  writer.add('a.png', analysed(0));
  await expect(writer.written()).rejects.toMatchObject({ code: 'ENOTDIR' });
});
