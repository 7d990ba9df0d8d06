import type { SelectionStrategy } from '../keys/key-set.ts';
import type { RestRange } from './backoff.ts';

/** How the pool behaves. Times in ms. */
export interface PoolOptions {
  readonly strategy: SelectionStrategy;
  /** Calls at a time, over all keys. */
  readonly maxInFlight: number;
  /** Of these, the share that only tasks of high priority may use: 0 to 1. */
  readonly highShare: number;
  /** Tasks that wait at a time. */
  readonly maxQueue: number;
  /** Longest wait for one call, where the deadline leaves as much. */
  readonly timeoutMs: number;
  /** Further calls after one that failed, each on another key. */
  readonly maxRetries: number;
  /** Wait before a further call after a failure of the endpoint: up to this, doubled each time, at random. */
  readonly retryDelayMs: number;
  /** A task is given up this long before its deadline, so that the reply comes in time. */
  readonly replyMarginMs: number;
  /** Rest after a refusal or a failing endpoint: the first, doubling up to the longest. */
  readonly cooling: RestRange;
  /** Rest of a key that is not accepted, before it is tried again. */
  readonly quarantine: RestRange;
  readonly pacing: {
    /** Added to each window of a limit: arrivals may be this much closer together than sends were. */
    readonly guardMs: number;
  };
  /** How fast the rate may grow after a pause; none: at once. */
  readonly ramp: RampOptions | undefined;
  /** Calls in flight of one key, where its limit starts. */
  readonly initialKeyLimit: number;
  /** A second call for a task of high priority that takes long: at most this share of all calls; 0: none. */
  readonly hedgeShare: number;
  /** Latency that is expected of an endpoint while nothing is known. */
  readonly expectedLatencyMs: number;
  /** Tokens a day (UTC) over all keys; none: without limit. */
  readonly tokensPerDay: number | undefined;
  /** Share of the day's tokens from which tasks of low priority no longer get any. */
  readonly budgetSoftShare: number;
}

export interface RampOptions {
  /** Share of the group's limit that a cold start may use. */
  readonly startShare: number;
  /** Growth over the best rate of late, in each period. */
  readonly factor: number;
  readonly periodMs: number;
  /** A rate counts for this long. */
  readonly memoryMs: number;
}

export const defaultPoolOptions: PoolOptions = {
  strategy: 'least_loaded',
  maxInFlight: 50,
  highShare: 0.1,
  maxQueue: 512,
  timeoutMs: 30_000,
  maxRetries: 2,
  retryDelayMs: 100,
  replyMarginMs: 15,
  cooling: { minMs: 10_000, maxMs: 120_000 },
  quarantine: { minMs: 60_000, maxMs: 300_000 },
  pacing: { guardMs: 5 },
  ramp: { startShare: 0.3, factor: 1.5, periodMs: 5000, memoryMs: 30_000 },
  initialKeyLimit: 2,
  hedgeShare: 0.03,
  expectedLatencyMs: 1000,
  tokensPerDay: undefined,
  budgetSoftShare: 0.8,
};
