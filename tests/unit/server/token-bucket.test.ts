import { expect, test } from 'vitest';
import { TokenBucket } from '../../../src/server/token-bucket.ts';
import { ManualClock } from '../../../src/time/clock.ts';

/** How many are let through before the first is not. */
function takeAll(bucket: TokenBucket): number {
  let taken = 0;
  while (bucket.take()) taken += 1;
  return taken;
}

test('at once it lets through twice what it does in a second', () => {
  expect(takeAll(new TokenBucket(20, new ManualClock()))).toBe(40);
});

test('it fills with time, by parts of a second', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(20, clock);
  takeAll(bucket);
  clock.advance(49);
  expect(bucket.take()).toBe(false);
  clock.advance(1);
  expect(takeAll(bucket)).toBe(1);
  clock.advance(1000);
  expect(takeAll(bucket)).toBe(20);
});

test('it never holds more than its capacity', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(2, clock, 3);
  clock.advance(3_600_000);
  expect(takeAll(bucket)).toBe(3);
});
