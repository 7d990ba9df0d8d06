import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTuning, tuningKey, tuningPath, writeTuning } from '../../../src/tune/tuning-file.ts';

const plan = { workers: 3, threadsPerWorker: 2, maxBatch: 4 };

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-tuning-'));
  path = join(folder, 'state/tuning.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a plan is read again for what it was measured for, and for nothing else', () => {
  writeTuning(path, 'this machine', plan);
  expect(readTuning(path, 'this machine')).toEqual(plan);
  expect(readTuning(path, 'another one')).toBeUndefined();
  expect(readdirSync(join(folder, 'state'))).toEqual(['tuning.json']);
});

test('a file that is missing or no longer ours is no plan', () => {
  expect(readTuning(path, 'k')).toBeUndefined();
  const broken = join(folder, 'broken.json');
  for (const text of ['', '{', '[]', '{"validFor":"k","plan":{"workers":0,"threadsPerWorker":1,"maxBatch":1}}']) {
    writeFileSync(broken, text);
    expect(readTuning(broken, 'k')).toBeUndefined();
  }
});

test('another model, precision or input size wants its own measurement', () => {
  const detector = { manifestPath: '/models/a.yaml', inputSize: 640, precision: 'auto' } as const;
  expect(tuningKey({ ...detector, manifestPath: '/models/b.yaml' })).not.toBe(tuningKey(detector));
  expect(tuningKey({ ...detector, precision: 'fp32' })).not.toBe(tuningKey(detector));
  expect(tuningKey({ ...detector, inputSize: { heightPx: 384, widthPx: 640 } })).not.toBe(tuningKey(detector));
  expect(tuningKey({ ...detector })).toBe(tuningKey(detector));
});

test('it is kept where systemd says, else in the user’s state', () => {
  expect(tuningPath({ STATE_DIRECTORY: '/var/lib/roadwatch', XDG_STATE_HOME: '/x' })).toBe(
    '/var/lib/roadwatch/tuning.json',
  );
  expect(tuningPath({ XDG_STATE_HOME: '/x' })).toBe('/x/roadwatch/tuning.json');
  expect(tuningPath({})).toMatch(/\.local\/state\/roadwatch\/tuning\.json$/);
});
