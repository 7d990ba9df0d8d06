import type { Random } from '../../time/random.ts';

const jitter = 0.2;
const mostDoublings = 16;
/** One doubling is taken back after so many successes. */
const successesPerStep = 20;

/** The shortest and the longest rest. */
export interface RestRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How long to rest: the shortest time, doubled with each further fault, up to the longest, ±20 %. */
export class Backoff {
  readonly #range: RestRange;
  readonly #random: Random;
  #doublings = 0;
  #successes = 0;

  /** `range` may change: the next rest is within what it says then. */
  constructor(range: RestRange, random: Random) {
    this.#range = range;
    this.#random = random;
  }

  /** The length of the next rest. */
  next(): number {
    const { minMs, maxMs } = this.#range;
    const baseMs = Math.min(maxMs, minMs * 2 ** this.#doublings);
    this.#doublings = Math.min(this.#doublings + 1, mostDoublings);
    this.#successes = 0;
    const spread = 1 - jitter + 2 * jitter * this.#random();
    return Math.min(maxMs, Math.max(minMs, baseMs * spread));
  }

  succeeded(): void {
    this.#successes += 1;
    if (this.#successes < successesPerStep) return;
    this.#successes = 0;
    this.#doublings = Math.max(0, this.#doublings - 1);
  }
}
