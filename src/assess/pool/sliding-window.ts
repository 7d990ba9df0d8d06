/**
 * At most so many events in any window of time, exactly, by the stamps of the last ones: an event may come a window
 * after the one that stands `count` before it.
 */
export class SlidingWindow {
  readonly count: number;
  /** A ring; `#oldest` is overwritten next. */
  readonly #stampsMs: Float64Array;
  #oldest = 0;

  constructor(count: number) {
    this.count = count;
    this.#stampsMs = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  }

  /** The first moment at which an event may come. */
  earliestMs(windowMs: number): number {
    return (this.#stampsMs[this.#oldest] ?? Number.NEGATIVE_INFINITY) + windowMs;
  }

  take(nowMs: number): void {
    this.#stampsMs[this.#oldest] = nowMs;
    this.#oldest = (this.#oldest + 1) % this.count;
  }

  /** One for another count that remembers the same events, as far as it can hold them. */
  resized(count: number): SlidingWindow {
    const other = new SlidingWindow(count);
    for (let age = this.count; age >= 1; age -= 1) {
      const stamp = this.#stampsMs[(this.#oldest + this.count - age) % this.count] ?? Number.NEGATIVE_INFINITY;
      if (age <= count) other.take(stamp);
    }
    return other;
  }
}
