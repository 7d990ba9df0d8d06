import type { RestReason } from './rest-reason.ts';

/**
 * A rest that ends with a trial: who rests is not used until then, after that by one call alone, and by all again when
 * that call went well. A rest is never shortened by a later, shorter one.
 */
export class Rest {
  #state: 'none' | 'resting' | 'on-trial' = 'none';
  #untilMs = Number.NEGATIVE_INFINITY;
  #reason: RestReason | undefined;

  /** Of several reasons, that of the longest rest is told. */
  restUntil(untilMs: number, reason: RestReason): void {
    if (untilMs > this.#untilMs) this.#reason = reason;
    this.#untilMs = Math.max(this.#untilMs, untilMs);
    this.#state = 'resting';
  }

  /** Why the last rest began; none before the first. */
  get reason(): RestReason | undefined {
    return this.#reason;
  }

  /** The end of the last rest. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** When it may be used: `-Infinity` where it does not rest, `Infinity` while a trial is under way. */
  readyAtMs(): number {
    if (this.#state === 'none') return Number.NEGATIVE_INFINITY;
    return this.#state === 'resting' ? this.#untilMs : Number.POSITIVE_INFINITY;
  }

  get isNone(): boolean {
    return this.#state === 'none';
  }

  get isOnTrial(): boolean {
    return this.#state === 'on-trial';
  }

  /** A call that is sent now; true where it is the trial, which must then be ended. */
  begin(nowMs: number): boolean {
    if (this.#state !== 'resting' || nowMs < this.#untilMs) return false;
    this.#state = 'on-trial';
    return true;
  }

  /** What the trial came to; `unknown`: the next call is the trial. A rest that began meanwhile stays. */
  endTrial(result: 'well' | 'unknown'): void {
    if (this.#state !== 'on-trial') return;
    this.#state = result === 'well' ? 'none' : 'resting';
  }
}
