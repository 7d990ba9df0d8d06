import type { Random } from '../../time/random.ts';
import type { UnansweredReason } from './model-pool.ts';
import type { Verdict } from './verdict.ts';

const longestRetryDelayMs = 2000;

/** What comes after a call that brought no valid answer. */
export type NextStep =
  | { readonly step: 'retry'; readonly delayMs: number }
  | { readonly step: 'give-up'; readonly reason: UnansweredReason };

export interface RetryFacts {
  readonly retries: number;
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  /** Until the task's deadline. */
  readonly remainingMs: number;
  /** Time that the quickest endpoint probably needs. */
  readonly neededMs: number;
}

/**
 * A call that met a limit or a key that is not accepted moves to another key at once: nothing is wrong with it. After
 * a failure of the endpoint it waits a little, at random, so that not all come back together. A request that is
 * refused for itself is never sent again.
 */
export function stepAfter(
  verdict: Exclude<Verdict, { kind: 'answered' }>,
  facts: RetryFacts,
  random: Random,
): NextStep {
  if (verdict.kind === 'bad-request') return { step: 'give-up', reason: 'bad-request' };
  if (facts.remainingMs < facts.neededMs) return { step: 'give-up', reason: 'deadline' };
  if (facts.retries >= facts.maxRetries) return { step: 'give-up', reason: 'failed' };
  const movesAtOnce = verdict.kind === 'refused' || verdict.kind === 'unauthorised';
  if (movesAtOnce) return { step: 'retry', delayMs: 0 };
  const longestMs = Math.min(longestRetryDelayMs, facts.retryDelayMs * 2 ** facts.retries);
  return { step: 'retry', delayMs: Math.min(random() * longestMs, facts.remainingMs - facts.neededMs) };
}
