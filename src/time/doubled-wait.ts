import type { Random } from './random.ts';

export interface WaitRange {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Waits between tries: each is twice the one before, up to the longest. With `random` half to all of it is waited, so that
 * many who lost the same do not come back at once.
 */
export class DoubledWait {
  readonly #range: WaitRange;
  readonly #random: Random | undefined;
  #waitMs: number;

  constructor(range: WaitRange, random?: Random) {
    this.#range = range;
    this.#random = random;
    this.#waitMs = range.firstMs;
  }

  /** The length of the next wait, in whole milliseconds. */
  next(): number {
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(this.#range.longestMs, waitMs * 2);
    return this.#random === undefined ? waitMs : Math.round(waitMs * (0.5 + this.#random() / 2));
  }

  /** It works: the next wait is the first one again. */
  reset(): void {
    this.#waitMs = this.#range.firstMs;
  }
}
