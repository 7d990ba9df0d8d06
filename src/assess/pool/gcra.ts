/**
 * Spaces events evenly: the generic cell rate algorithm (virtual scheduling, ITU-T I.371, 1996). One event each
 * interval in the long run; one that comes late lets the next come up to `toleranceMs` early.
 */
export class Gcra {
  readonly #toleranceMs: number;
  /** When the next event would come, were all exactly spaced. */
  #theoreticalMs = Number.NEGATIVE_INFINITY;

  constructor(toleranceMs: number) {
    this.#toleranceMs = toleranceMs;
  }

  /** The first moment at which an event may come. */
  earliestMs(): number {
    return this.#theoreticalMs - this.#toleranceMs;
  }

  /** An event comes now; the one after it is due an interval later. */
  take(nowMs: number, intervalMs: number): void {
    this.#theoreticalMs = Math.max(nowMs, this.#theoreticalMs) + intervalMs;
  }
}
