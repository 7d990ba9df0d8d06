import { capacityPerSecond } from './capacity.ts';
import type { TaskPriority, UnansweredReason } from './model-pool.ts';
import type { PoolKey } from './pool-key.ts';
import type { PoolTask } from './pool-task.ts';

const secondMs = 1000;
/** How long an estimate of the capacity is used. */
const capacityAgeMs = 250;
/** Of the time that a task can spare, it may wait so much: under load answers are not all at the last moment. */
const waitShare = 0.5;

/** Why a task is not answered. */
export interface Refusal {
  readonly reason: UnansweredReason;
  readonly message: string;
}

export interface OutlookSetup {
  readonly maxInFlight: number;
  /** Tasks that wait and are at least as urgent. */
  readonly waitingFrom: (priority: TaskPriority) => number;
}

/**
 * What can be expected of the keys: whether a task can still be answered in time, and how long it would wait. So that
 * what has no chance is told at once, at no cost.
 */
export class Outlook {
  readonly #setup: OutlookSetup;
  #keys: readonly PoolKey[] = [];
  #capacity = { perSecond: 1, atMs: Number.NEGATIVE_INFINITY };

  constructor(setup: OutlookSetup) {
    this.#setup = setup;
  }

  use(keys: readonly PoolKey[]): void {
    this.#keys = keys;
    this.forget();
  }

  /** Something has changed: the capacity is estimated anew. */
  forget(): void {
    this.#capacity.atMs = Number.NEGATIVE_INFINITY;
  }

  /** Why a task that is asked now would not be answered in time; none where it probably would. */
  refusalOf(task: PoolTask, nowMs: number): Refusal | undefined {
    if (this.#keys.length === 0) return { reason: 'no-key', message: 'there is no API key' };
    if (this.isTooLate(task, nowMs)) return this.lateness(task, nowMs);
    const waitMs = this.expectedWaitMs(task, nowMs);
    const spareMs = task.deadlineMs - nowMs - this.leastNeededMs(nowMs);
    if (waitMs <= spareMs * waitShare) return undefined;
    return { reason: 'deadline', message: `about ${Math.round(waitMs)} ms of other tasks wait before it` };
  }

  /** Whether a task cannot be answered by its deadline any more, even if it were its turn. */
  isTooLate(task: PoolTask, nowMs: number): boolean {
    return Math.max(nowMs, this.#firstRestedMs(nowMs)) + this.leastNeededMs(nowMs) > task.deadlineMs;
  }

  /** Why it is too late. */
  lateness(task: PoolTask, nowMs: number): Refusal {
    const neededMs = this.leastNeededMs(nowMs);
    if (nowMs + neededMs <= task.deadlineMs) {
      return { reason: 'no-key', message: 'no API key can be used before the deadline' };
    }
    const leftMs = Math.max(0, Math.round(task.deadlineMs - nowMs));
    return {
      reason: 'deadline',
      message: `${leftMs} ms are left; the model probably needs ${Math.round(neededMs)} ms`,
    };
  }

  /** What the quickest endpoint in use needs. */
  leastNeededMs(nowMs: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { endpoint } of this.#keys) least = Math.min(least, endpoint.neededMs(nowMs));
    return least;
  }

  /** How long the tasks that wait and are at least as urgent will take, from when the first key has rested. */
  expectedWaitMs(task: PoolTask, nowMs: number): number {
    const restMs = Math.max(0, this.#firstRestedMs(nowMs) - nowMs);
    const before = this.#setup.waitingFrom(task.priority);
    if (before === 0) return restMs;
    if (nowMs - this.#capacity.atMs > capacityAgeMs) this.#estimateCapacity(task.estimatedTokens, nowMs);
    return restMs + (before * secondMs) / this.#capacity.perSecond;
  }

  /** When the first key has rested; now, where one is on trial: it may be back at any time. */
  #firstRestedMs(nowMs: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const key of this.#keys) {
      const atMs = key.restedAtMs();
      first = Math.min(first, atMs === Number.POSITIVE_INFINITY ? nowMs : atMs);
    }
    return first;
  }

  /** While all rest, what they bore before is expected again. */
  #estimateCapacity(tokens: number, nowMs: number): void {
    const { maxInFlight } = this.#setup;
    const perSecond = capacityPerSecond(this.#keys, { nowMs, tokens, maxInFlight });
    this.#capacity = { perSecond: perSecond === 0 ? this.#capacity.perSecond : perSecond, atMs: nowMs };
  }
}
