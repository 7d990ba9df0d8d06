const least = 1;
const decreaseOfOverload = 0.5;
const decreaseOfLatency = 0.9;
/** The limit grows only where this share of it is used. */
const usedShare = 0.75;
/** So many answers tell whether latency has left its usual range; fewer are chance. */
const answersOfSample = 32;
const baselineWeight = 0.2;
const deviations = 2.5;
/** A sample is slow only from this many times the usual latency. */
const slowFactor = 2;

/** A call that came back. */
export interface ReturnedCall {
  readonly latencyMs: number;
  /** Calls in flight when it was sent, itself included. */
  readonly inFlight: number;
}

/**
 * Most calls in flight of one key: additive up, multiplicative down. It grows by one for each round of answers (as
 * many as the limit) while it is used up, and shrinks when latency leaves its usual range (after Vector's adaptive
 * request concurrency) or the provider is overloaded.
 */
export class ConcurrencyLimit {
  readonly #most: number;
  #value: number;
  #round = { answers: 0, isUsed: false };
  #sample = { answers: 0, latencyMs: 0 };
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
    this.#round.isUsed ||= inFlight >= this.#value * usedShare;
    this.#sample.answers += 1;
    this.#sample.latencyMs += latencyMs;
    if (this.#sample.answers >= answersOfSample && this.#endSample()) this.#lower(decreaseOfLatency, nowMs);
    else if (this.#round.answers >= this.value) this.#endRound();
  }

  /** The provider could not bear the load. Calls that were sent before the last decrease count no more. */
  overloaded(sentAtMs: number, nowMs: number): void {
    if (sentAtMs > this.#loweredAtMs) this.#lower(decreaseOfOverload, nowMs);
  }

  /** A call had to be ended long after most are back: less than an overload. */
  stalled(sentAtMs: number, nowMs: number): void {
    if (sentAtMs > this.#loweredAtMs) this.#lower(decreaseOfLatency, nowMs);
  }

  #endRound(): void {
    if (this.#round.isUsed) this.#value = Math.min(this.#most, this.#value + 1);
    this.#round = { answers: 0, isUsed: false };
  }

  /** True where the sample was slow. */
  #endSample(): boolean {
    const meanMs = this.#sample.latencyMs / this.#sample.answers;
    this.#sample = { answers: 0, latencyMs: 0 };
    if (this.#baselineMs === 0) this.#baselineMs = meanMs;
    const differenceMs = meanMs - this.#baselineMs;
    const usualMs = Math.max(deviations * this.#deviationMs, (slowFactor - 1) * this.#baselineMs);
    const isSlow = differenceMs > usualMs;
    this.#baselineMs += baselineWeight * differenceMs;
    this.#deviationMs += baselineWeight * (Math.abs(differenceMs) - this.#deviationMs);
    return isSlow;
  }

  #lower(factor: number, nowMs: number): void {
    this.#value = Math.max(least, this.#value * factor);
    this.#loweredAtMs = nowMs;
  }
}
