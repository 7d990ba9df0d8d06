import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/time/clock.ts';

test('a manual clock stands still until it is moved', () => {
  const clock = new ManualClock(1000);
  expect(clock.nowMs()).toBe(1000);
  clock.advance(250);
  expect(clock.nowMs()).toBe(1250);
  expect(clock.monotonicMs()).toBe(250);
});

test('what falls due is called in order, at its own time, also when it was set on the way', () => {
  const clock = new ManualClock();
  const calls: [string, number][] = [];
  const note = (name: string) => () => void calls.push([name, clock.monotonicMs()]);
  clock.after(30, note('late'));
  clock.after(10, () => {
    note('early')();
    clock.after(5, note('set on the way'));
  });
  const cancel = clock.after(20, note('cancelled'));
  cancel();
  clock.advance(25);
  expect(calls).toEqual([
    ['early', 10],
    ['set on the way', 15],
  ]);
  clock.advance(5);
  expect(calls.at(-1)).toEqual(['late', 30]);
});
