import { expect, test } from 'vitest';
import { DoubledWait } from '../../../src/time/doubled-wait.ts';

const range = { firstMs: 500, longestMs: 3000 };

test('waits are doubled up to the longest, and begin anew when it works', () => {
  const waits = new DoubledWait(range);
  expect(Array.from({ length: 5 }, () => waits.next())).toEqual([500, 1000, 2000, 3000, 3000]);
  waits.reset();
  expect(waits.next()).toBe(500);
});

test('by chance, half to all of each is waited', () => {
  const chances = [0, 0.5, 1];
  const waits = new DoubledWait(range, () => chances.shift() ?? 0);
  expect([waits.next(), waits.next(), waits.next()]).toEqual([250, 750, 2000]);
});
