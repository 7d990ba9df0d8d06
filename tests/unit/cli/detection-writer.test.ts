import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DetectionWriter } from '../../../src/cli/detection-writer.ts';
import { FileProgress } from '../../../src/cli/progress.ts';
import type { DetectionEvent } from '../../../src/native.ts';
import { detectionTimings } from '../../support/fake-engine.ts';

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
    timings: detectionTimings,
  };
}

test('a line has what was found; of a video also when', async () => {
  const writer = new DetectionWriter(['person'], progress);
  await writer.write('clips/street.mp4', analysed(1500.2));
  await writer.write('still.JPG', analysed(0));
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

test('a frame is written when stdout has room for more', async () => {
  let hasRoom = false;
  vi.spyOn(process.stdout, 'write').mockReturnValue(false);
  vi.spyOn(process.stdout, 'once').mockImplementation((event, listener) => {
    expect(event).toBe('drain');
    queueMicrotask(() => {
      hasRoom = true;
      listener();
    });
    return process.stdout;
  });
  await new DetectionWriter(['person'], progress).write('a.png', analysed(0));
  expect(hasRoom).toBe(true);
});

test('drawn pictures are named by file and time, and do not write over each other', async () => {
  const target = join(folder, 'new', 'folder');
  const writer = new DetectionWriter(['person'], progress, target);
  await writer.write('a/street.mp4', analysed(0));
  await writer.write('a/street.mp4', analysed(500));
  await writer.write('a/gate.png', analysed(0, 'first'));
  await writer.write('b/gate.png', analysed(0, 'second'));
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
  await expect(writer.write('a.png', analysed(0))).rejects.toMatchObject({ code: 'ENOTDIR' });
});
