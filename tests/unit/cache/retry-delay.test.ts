import { expect, test } from 'vitest';
import { retryDelayMs } from '../../../src/cache/retry-delay.ts';

test('doubles up to half a minute, of which half is left to chance', () => {
  const least = [1, 2, 3, 7, 8, 1000].map((attempt) => retryDelayMs(attempt, () => 0));
  expect(least).toEqual([125, 250, 500, 8000, 15_000, 15_000]);
  expect(retryDelayMs(1, () => 0.5)).toBe(188);
  expect(retryDelayMs(1000, () => 1)).toBe(30_000);
});
