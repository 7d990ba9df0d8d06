import type { Attempt } from './attempt.ts';
import type { ModelReply, ModelRequest, TaskPriority, UnansweredReason } from './model-pool.ts';
import type { PoolKey } from './pool-key.ts';
import type { CallPurpose } from './pool-observer.ts';
import type { QueuedTask } from './task-queue.ts';

/** An answer that is not what was asked for, to be put right by the model. */
export interface Repair {
  readonly answerText: string;
  readonly fault: string;
}

/** How much a task would rather use another key. */
export const avoidance = { none: 0, endpointFailed: 1, keyTried: 2 } as const;

/** A question on its way to its reply, of which there is exactly one. */
export class PoolTask implements QueuedTask {
  readonly request: ModelRequest;
  readonly askedAtMs: number;
  /** The moment by which the reply is given: the request's deadline, less a margin. */
  readonly deadlineMs: number;
  heapIndex = -1;
  retries = 0;
  isHedged = false;
  /** The answer to be repaired by the next call. */
  repair: Repair | undefined;
  readonly running = new Set<Attempt>();
  readonly #reply: (reply: ModelReply) => void;
  readonly #triedKeys = new Set<string>();
  readonly #failedEndpoints = new Set<string>();
  #calls = 0;
  #lastKeyId: string | undefined;
  #isSettled = false;
  #cancelDelay: (() => void) | undefined;

  constructor(
    request: ModelRequest,
    times: { readonly askedAtMs: number; readonly marginMs: number },
    reply: (reply: ModelReply) => void,
  ) {
    this.request = request;
    this.askedAtMs = times.askedAtMs;
    this.deadlineMs = request.deadlineMs - times.marginMs;
    this.#reply = reply;
  }

  get priority(): TaskPriority {
    return this.request.priority;
  }

  get estimatedTokens(): number {
    return this.request.estimatedTokens.prompt + this.request.estimatedTokens.answer;
  }

  get calls(): number {
    return this.#calls;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Why its next call, other than a hedge, is sent. */
  get nextPurpose(): CallPurpose {
    if (this.repair !== undefined) return 'repair';
    return this.retries > 0 ? 'retry' : 'first';
  }

  begin(attempt: Attempt): void {
    this.running.add(attempt);
    this.#calls += 1;
    this.#lastKeyId = attempt.key.id;
    this.#triedKeys.add(attempt.key.id);
  }

  endpointFailed(endpointId: string): void {
    this.#failedEndpoints.add(endpointId);
  }

  /** The same key is as good as others for a repair. */
  forgetTries(): void {
    this.#triedKeys.clear();
    this.#failedEndpoints.clear();
  }

  avoidanceOf(key: PoolKey): number {
    if (this.#triedKeys.has(key.id)) return avoidance.keyTried;
    return this.#failedEndpoints.has(key.endpoint.info.id) ? avoidance.endpointFailed : avoidance.none;
  }

  /** Cancelled with the task. */
  delay(cancel: () => void): void {
    this.#cancelDelay = cancel;
  }

  /** Gives the reply and ends what still runs; false where it has been given before. */
  settle(reply: ModelReply): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#cancelDelay?.();
    for (const attempt of this.running) attempt.cancel();
    this.#reply(reply);
    return true;
  }

  /** The reply where there is no answer. */
  unanswered(reason: UnansweredReason, message: string): ModelReply {
    const lastKey = this.#lastKeyId === undefined ? {} : { lastKeyId: this.#lastKeyId };
    return { outcome: 'unanswered', reason, attempts: this.#calls, ...lastKey, message };
  }
}
