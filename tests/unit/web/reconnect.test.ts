import { expect, test } from 'vitest';
import { reconnectDelayMs } from '../../../web/src/connection/backoff.ts';

test('the wait doubles up to a quarter of a minute; jitter takes at most half of it', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1000].map((failures) => reconnectDelayMs(failures, () => 1));
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  expect(reconnectDelayMs(0, () => 0)).toBe(250);
});
