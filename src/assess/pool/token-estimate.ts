const weight = 0.1;
/** Estimates are trusted within these bounds alone. */
const leastRatio = 0.25;
const mostRatio = 4;
const deviations = 2;

/** Learns by how much the estimates of an endpoint's tokens are off, so that what is set aside is nearly always enough. */
export class TokenEstimate {
  #mean = 1;
  #deviation = 0;

  /** Tokens to set aside for a call that was estimated at `estimate`. */
  corrected(estimate: number): number {
    const ratio = this.#mean + deviations * this.#deviation;
    return Math.max(1, Math.ceil(estimate * Math.min(mostRatio, Math.max(leastRatio, ratio))));
  }

  observe(estimate: number, used: number): void {
    if (estimate <= 0 || used <= 0) return;
    const difference = used / estimate - this.#mean;
    this.#mean += weight * difference;
    this.#deviation += weight * (Math.abs(difference) - this.#deviation);
  }
}
