import { expect, test } from 'vitest';
import { NewestCaptures } from '../../../src/cache/newest-captures.ts';
import { ManualClock } from '../../../src/time/clock.ts';

const at = (second: number) => new Date(Date.UTC(2025, 5, 1, 12, 0, second)).toISOString();

test('an earlier capture is none, of its own camera alone; the same one again is', () => {
  const captures = new NewestCaptures(new ManualClock(), 300_000, 10);
  expect(captures.add('7', at(10))).toBe(true);
  expect(captures.add('7', at(9))).toBe(false);
  expect(captures.add('8', at(9))).toBe(true);
  expect(captures.add('7', at(10))).toBe(true);
  expect(captures.add('7', at(11))).toBe(true);
  expect(captures.add('7', at(10))).toBe(false);
});

test('after its time to live a capture holds nobody up: a clock that was set back is followed', () => {
  const clock = new ManualClock();
  const captures = new NewestCaptures(clock, 300_000, 10);
  captures.add('7', at(50));
  clock.advance(299_999);
  expect(captures.add('7', at(1))).toBe(false);
  clock.advance(1);
  expect(captures.add('7', at(1))).toBe(true);
});

test('of more cameras than it may know, it forgets the one that was quiet longest', () => {
  const captures = new NewestCaptures(new ManualClock(), 300_000, 2);
  captures.add('a', at(5));
  captures.add('b', at(5));
  captures.add('a', at(6));
  captures.add('c', at(5));
  expect(captures.add('a', at(1))).toBe(false);
  expect(captures.add('b', at(1))).toBe(true);
});
