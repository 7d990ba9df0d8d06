const least = 1;
const decreaseOfOverload = 0.5;
const decreaseOfLatency = 0.9;
/** The limit grows only where this share of it is used. */
const usedShare = 0.75;
const baselineWeight = 0.2;
const deviations = 2.5;

/** A call that came back. */
export interface ReturnedCall {
  readonly sentAtMs: number;
  readonly latencyMs: number;
  /** Calls in flight when it was sent, itself included. */
  readonly inFlight: number;
}

/**
 * Most calls in flight of one key: additive up, multiplicative down. It grows by one for each round of answers (as
 * many as the limit) while it is used up, and shrinks when a round's latency leaves the usual range (after Vector's
 * adaptive request concurrency) or the provider is overloaded.
 */
export class ConcurrencyLimit {
  readonly #most: number;
  #value: number;
  #round = { answers: 0, latencyMs: 0, used: false };
  #baselineMs = 0;
  #deviationMs = 0;
  #loweredAtMs = Number.NEGATIVE_INFINITY;

  constructor({ initial, most }: { readonly initial: number; readonly most: number }) {
    this.#most = most;
    this.#value = Math.min(initial, most);
  }

  get value(): number {
    return Math.floor(this.#value);
  }

  answered({ latencyMs, inFlight }: ReturnedCall, nowMs: number): void {
    this.#round.answers += 1;
    this.#round.latencyMs += latencyMs;
    this.#round.used ||= inFlight >= this.#value * usedShare;
    if (this.#round.answers >= this.value) this.#endRound(nowMs);
  }

  /** The provider could not bear the load. Calls that were sent before the last decrease count no more. */
  overloaded(sentAtMs: number, nowMs: number): void {
    if (sentAtMs > this.#loweredAtMs) this.#lower(decreaseOfOverload, nowMs);
  }

  #endRound(nowMs: number): void {
    const { answers, latencyMs, used } = this.#round;
    this.#round = { answers: 0, latencyMs: 0, used: false };
    const meanMs = latencyMs / answers;
    if (this.#baselineMs === 0) this.#baselineMs = meanMs;
    const isSlow = meanMs > this.#baselineMs + Math.max(deviations * this.#deviationMs, this.#baselineMs);
    const differenceMs = meanMs - this.#baselineMs;
    this.#baselineMs += baselineWeight * differenceMs;
    this.#deviationMs += baselineWeight * (Math.abs(differenceMs) - this.#deviationMs);
    if (isSlow) this.#lower(decreaseOfLatency, nowMs);
    else if (used) this.#value = Math.min(this.#most, this.#value + 1);
  }

  #lower(factor: number, nowMs: number): void {
    this.#value = Math.max(least, this.#value * factor);
    this.#loweredAtMs = nowMs;
  }
}
