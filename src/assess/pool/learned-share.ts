const factorOfRefusal = 0.9;
const leastShare = 0.3;
const recoveryPerMs = 0.02 / 60_000;
/** Each refusal halves the speed of recovery, at most so often: what was refused once is not run into every minute. */
const mostHalvings = 5;
const forgetMs = 3_600_000;

/**
 * The share of a limit that can really be used. The provider may count in other ways than it says, or others may use
 * the same account: a refusal within the limit takes a tenth off, and 2 % a minute come back, more slowly each time.
 */
export class LearnedShare {
  #share = 1;
  #atMs = 0;
  #refusals = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  /** From 0.3 to 1. */
  at(nowMs: number): number {
    if (this.#share === 1) return 1;
    const halvings = Math.min(this.#refusals - 1, mostHalvings);
    const recovered = Math.max(0, nowMs - this.#atMs) * (recoveryPerMs / 2 ** halvings);
    return Math.min(1, this.#share + recovered);
  }

  refused(nowMs: number): void {
    const share = this.at(nowMs);
    if (nowMs - this.#refusedAtMs > forgetMs) this.#refusals = 0;
    this.#refusals += 1;
    this.#refusedAtMs = nowMs;
    this.#share = Math.max(leastShare, share * factorOfRefusal);
    this.#atMs = nowMs;
  }
}
