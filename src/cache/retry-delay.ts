import type { Random } from '../time/random.ts';

const firstMs = 250;
const maxMs = 30_000;

/**
 * How long to wait after the `attempt`th failure, from 1: doubled with each, up to half a minute; of that, half to all, so
 * that many who lost the same server do not come back at once.
 */
export function retryDelayMs(attempt: number, random: Random): number {
  const longestMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 16));
  return Math.round(longestMs * (0.5 + random() / 2));
}
