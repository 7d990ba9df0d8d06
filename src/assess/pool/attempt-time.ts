/** How much of the usual latency (p90) is kept for a further call. */
const timeOfNext = 2;
/** A call that has taken this many times what nearly all need (p95) is taken for one that hangs. */
const hangingFactor = 2;

export interface AttemptTimeFacts {
  /** Until the task's deadline. */
  readonly remainingMs: number;
  /** The configured most. */
  readonly timeoutMs: number;
  /** The endpoint's p90, and its p95 where it is known. */
  readonly neededMs: number;
  readonly slowMs: number | undefined;
  /** Whether another call may follow. */
  readonly mayRetry: boolean;
}

/**
 * How long a call may take. Where the time left is enough for another one after it, it ends early enough for that: a
 * call that hangs must not cost the task its answer. But no call is ended that is merely slow.
 */
export function attemptTimeMs({ remainingMs, timeoutMs, neededMs, slowMs, mayRetry }: AttemptTimeFacts): number {
  const longestMs = Math.min(timeoutMs, remainingMs);
  if (!mayRetry || slowMs === undefined) return longestMs;
  const withNextMs = remainingMs - timeOfNext * neededMs;
  return withNextMs > hangingFactor * slowMs ? Math.min(longestMs, withNextMs) : longestMs;
}
