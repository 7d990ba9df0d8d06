import { beforeEach, describe, expect, test } from 'vitest';
import { SceneCache } from '../../../../src/assess/reuse/scene-cache.ts';
import type { SceneSignature } from '../../../../src/assess/reuse/scene-signature.ts';
import { ManualClock } from '../../../../src/time/clock.ts';

interface Answer {
  readonly says: string;
  readonly maxAgeMs: number;
}

let clock: ManualClock;
let cache: SceneCache<Answer>;

beforeEach(() => {
  clock = new ManualClock();
  cache = new SceneCache({
    clock,
    limits: { maxHashBits: 6, minIou: 0.8 },
    maxAgeMs: (answer) => answer.maxAgeMs,
  });
});

function scene(x: number, cameraId = 'gate'): SceneSignature {
  return { cameraId, differenceHash: '0000000000000000', members: [{ class: 'car', bbox: [x, 0, x + 100, 100] }] };
}

describe('an answer', () => {
  test('stands for the same scene for as long as it may', () => {
    cache.begin(scene(0))({ says: 'calm', maxAgeMs: 5000 });
    clock.advance(4999);
    expect(cache.find(scene(2))).toEqual({
      state: 'fresh',
      answer: { says: 'calm', maxAgeMs: 5000 },
      counterparts: [0],
    });
    expect(cache.find(scene(50))).toBeUndefined();
    clock.advance(1);
    expect(cache.find(scene(2))).toBeUndefined();
  });

  test('that may not stand is not kept', () => {
    cache.begin(scene(0))({ says: 'urgent', maxAgeMs: 0 });
    expect(cache.find(scene(0))).toBeUndefined();
  });

  test('newer is before older', () => {
    cache.begin(scene(0))({ says: 'old', maxAgeMs: 5000 });
    cache.begin(scene(1))({ says: 'new', maxAgeMs: 5000 });
    expect(cache.find(scene(0))).toMatchObject({ answer: { says: 'new' } });
  });
});

describe('while it is asked for', () => {
  test('others can wait for the same answer', async () => {
    const settle = cache.begin(scene(0));
    const known = cache.find(scene(1));
    if (known?.state !== 'pending') throw new Error('expected it to be asked for');
    settle({ says: 'urgent', maxAgeMs: 0 });
    expect(await known.answer).toEqual({ says: 'urgent', maxAgeMs: 0 });
  });

  test('in vain, they learn it, and the next one asks anew', async () => {
    const settle = cache.begin(scene(0));
    const known = cache.find(scene(1));
    settle(undefined);
    expect(known?.state === 'pending' && (await known.answer)).toBeUndefined();
    expect(cache.find(scene(0))).toBeUndefined();
  });
});

describe('memory is bounded', () => {
  test('to sixteen scenes of a camera', () => {
    for (let index = 0; index <= 16; index += 1)
      cache.begin(scene(index * 200))({ says: String(index), maxAgeMs: 9000 });
    expect(cache.find(scene(0))).toBeUndefined();
    expect(cache.find(scene(200))).toMatchObject({ answer: { says: '1' } });
  });

  test('to 1024 cameras', () => {
    for (let index = 0; index <= 1024; index += 1) cache.begin(scene(0, `c${index}`))({ says: 'x', maxAgeMs: 9000 });
    expect(cache.find(scene(0, 'c0'))).toBeUndefined();
    expect(cache.find(scene(0, 'c1'))).toBeDefined();
  });
});
