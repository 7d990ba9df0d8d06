import { expect, test } from 'vitest';
import { TryLimit } from '../../../src/auth/try-limit.ts';
import { ManualClock } from '../../../src/time/clock.ts';

test('so many tries of a key in a window that begins with the first, and other keys apart', () => {
  const clock = new ManualClock();
  const limit = new TryLimit({ most: 2, windowMs: 1000, maxKeys: 10 }, clock);
  limit.add('a');
  clock.advance(400);
  expect(limit.blockedMs('a')).toBe(0);
  limit.add('a');
  expect(limit.blockedMs('a')).toBe(600);
  expect(limit.blockedMs('b')).toBe(0);
  clock.advance(600);
  expect(limit.blockedMs('a')).toBe(0);
});

test('a try that is taken back does not count', () => {
  const limit = new TryLimit({ most: 1, windowMs: 1000, maxKeys: 10 }, new ManualClock());
  limit.add('a');
  limit.takeBack('a');
  expect(limit.blockedMs('a')).toBe(0);
});

test('no more keys than its bound are remembered', () => {
  const limit = new TryLimit({ most: 1, windowMs: 1000, maxKeys: 2 }, new ManualClock());
  for (const key of ['a', 'b', 'c']) limit.add(key);
  expect(['a', 'b', 'c'].map((key) => limit.blockedMs(key) > 0)).toEqual([false, true, true]);
});
