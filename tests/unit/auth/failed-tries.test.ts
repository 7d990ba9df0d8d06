import { expect, test } from 'vitest';
import { FailedTries } from '../../../src/auth/failed-tries.ts';
import { ManualClock } from '../../../src/time/clock.ts';

let guess = 0;
/** So many wrong tokens, none like another. */
function fail(tries: FailedTries, address: string, times: number): void {
  for (let count = 0; count < times; count += 1) tries.add(address, [`guess ${++guess}`]);
}

test('the tenth wrong token of a minute blocks an address, and no other', () => {
  const tries = new FailedTries(new ManualClock());
  fail(tries, 'a', 9);
  expect(tries.isBlocked('a')).toBe(false);
  fail(tries, 'a', 1);
  expect(tries.isBlocked('a')).toBe(true);
  expect(tries.isBlocked('b')).toBe(false);
});

test('the same wrong token counts once, however often it is shown', () => {
  const tries = new FailedTries(new ManualClock());
  for (let count = 0; count < 1000; count += 1) tries.add('a', ['an old token']);
  expect(tries.isBlocked('a')).toBe(false);
  fail(tries, 'a', 8);
  expect(tries.isBlocked('a')).toBe(false);
  fail(tries, 'a', 1);
  expect(tries.isBlocked('a')).toBe(true);
});

test('tokens that are shown at once count each', () => {
  const tries = new FailedTries(new ManualClock());
  tries.add('a', ['header', 'cookie', 'query']);
  fail(tries, 'a', 6);
  expect(tries.isBlocked('a')).toBe(false);
  fail(tries, 'a', 1);
  expect(tries.isBlocked('a')).toBe(true);
});

test('the block ends with the minute that began at the first try', () => {
  const clock = new ManualClock();
  const tries = new FailedTries(clock);
  fail(tries, 'a', 1);
  clock.advance(30_000);
  fail(tries, 'a', 9);
  clock.advance(29_999);
  expect(tries.isBlocked('a')).toBe(true);
  clock.advance(1);
  expect(tries.isBlocked('a')).toBe(false);
  fail(tries, 'a', 9);
  expect(tries.isBlocked('a')).toBe(false);
});

test('only the first try of a minute is worth a line in the log', () => {
  const clock = new ManualClock();
  const tries = new FailedTries(clock);
  expect([tries.add('a', ['x']), tries.add('a', ['y']), tries.add('b', ['x'])]).toEqual([true, false, true]);
  clock.advance(60_000);
  expect(tries.add('a', ['x'])).toBe(true);
});

test('of very many addresses the oldest is forgotten', () => {
  const tries = new FailedTries(new ManualClock());
  fail(tries, 'oldest', 10);
  for (let address = 1; address < 10_000; address += 1) tries.add(`other ${address}`, ['x']);
  expect(tries.isBlocked('oldest')).toBe(true);
  tries.add('one more', ['x']);
  expect(tries.isBlocked('oldest')).toBe(false);
});
