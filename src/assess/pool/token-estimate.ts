const weight = 0.1;
/** Never less than the estimate: what was set aside too much comes back with the answer. */
const leastRatio = 1;
const mostRatio = 4;
const deviations = 3;

/** Learns by how much estimates of an endpoint's tokens are too low, so that what is set aside is nearly always enough. */
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
