import { expect, test } from 'vitest';
import { ManualClock } from '../../../src/time/clock.ts';
import { wait } from '../../../src/time/wait.ts';

test('resolves when the time is up, and no sooner', async () => {
  const clock = new ManualClock();
  let isOver = false;
  const waiting = wait(clock, 100).then(() => {
    isOver = true;
  });
  clock.advance(99);
  await Promise.resolve();
  expect(isOver).toBe(false);
  clock.advance(1);
  await waiting;
});

test('is ended by its signal, whether that comes meanwhile or before; nothing is left behind', async () => {
  const clock = new ManualClock();
  const ending = new AbortController();
  const waiting = wait(clock, 100, ending.signal);
  ending.abort();
  await waiting;
  await wait(clock, 100, ending.signal);
  expect(clock.untilNextMs()).toBeUndefined();
});
