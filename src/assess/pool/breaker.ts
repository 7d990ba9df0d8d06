import type { Random } from '../../time/random.ts';
import { Backoff, type RestRange } from './backoff.ts';
import { Rest } from './rest.ts';
import type { RestReason } from './rest-reason.ts';

const windowMs = 30_000;
const fewestCalls = 10;
const failingShare = 0.5;
/** With too few calls for a share, so many failures in a row. */
const failuresInRow = 5;

/**
 * An endpoint's circuit breaker: opens when half of at least ten calls of the last 30 s failed, or five in a row; then
 * rests, and a trial decides.
 */
export class Breaker {
  readonly rest = new Rest();
  readonly #backoff: Backoff;
  #calls: { readonly atMs: number; readonly failed: boolean }[] = [];
  #failuresInRow = 0;

  constructor(cooling: RestRange, random: Random) {
    this.#backoff = new Backoff(cooling, random);
  }

  succeeded(nowMs: number): void {
    this.#failuresInRow = 0;
    this.#backoff.succeeded();
    this.#remember(nowMs, false);
  }

  /** True where this failure opens it. `retryAfterMs`: what the endpoint itself asked for; it then opens at once. */
  failed(reason: RestReason, nowMs: number, retryAfterMs?: number): boolean {
    this.#failuresInRow += 1;
    this.#remember(nowMs, true);
    if (retryAfterMs === undefined && !this.rest.isOnTrial && !this.#isFailing()) return false;
    // Calls that were in flight when it opened add nothing.
    if (this.rest.isNone || this.rest.isOnTrial || retryAfterMs !== undefined) {
      this.rest.restUntil(nowMs + (retryAfterMs ?? this.#backoff.next()), reason);
    }
    this.#calls = [];
    this.#failuresInRow = 0;
    return true;
  }

  #isFailing(): boolean {
    if (this.#failuresInRow >= failuresInRow) return true;
    const failures = this.#calls.filter(({ failed }) => failed).length;
    return this.#calls.length >= fewestCalls && failures >= this.#calls.length * failingShare;
  }

  #remember(nowMs: number, failed: boolean): void {
    this.#calls = this.#calls.filter(({ atMs }) => atMs > nowMs - windowMs);
    this.#calls.push({ atMs: nowMs, failed });
  }
}
