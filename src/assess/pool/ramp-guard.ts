import { Gcra } from './gcra.ts';
import type { RampOptions } from './pool-options.ts';

const secondMs = 1000;
const leastStartPerSecond = 1;

/**
 * Lets a rate grow no faster than by a factor each period: providers refuse a load that jumps. What counts is the best
 * rate of the last periods; after a pause longer than that memory, growth starts from the bottom again.
 */
export class RampGuard {
  readonly #options: RampOptions;
  readonly #spacing = new Gcra(0);
  /** Requests of each of the last periods, by the period's number. */
  readonly #counts = new Map<number, number>();
  #limitPerSecond: number;

  /** `limitPerSecond`: the rate that is grown to. */
  constructor(options: RampOptions, limitPerSecond: number) {
    this.#options = options;
    this.#limitPerSecond = limitPerSecond;
  }

  limit(perSecond: number): void {
    this.#limitPerSecond = perSecond;
  }

  /** Requests a second that may be sent now. */
  allowedPerSecond(nowMs: number): number {
    const { startShare, factor, periodMs } = this.#options;
    const start = Math.max(leastStartPerSecond, this.#limitPerSecond * startShare);
    const best = (this.#bestCount(nowMs) / periodMs) * secondMs;
    return Math.min(this.#limitPerSecond, Math.max(start, best * factor));
  }

  /** The first moment for another request. */
  earliestMs(nowMs: number): number {
    return this.#isGrown(nowMs) ? Number.NEGATIVE_INFINITY : this.#spacing.earliestMs();
  }

  take(nowMs: number): void {
    const period = this.#periodAt(nowMs);
    this.#counts.set(period, (this.#counts.get(period) ?? 0) + 1);
    this.#spacing.take(nowMs, secondMs / this.allowedPerSecond(nowMs));
  }

  /** The provider found the growth too fast: from the bottom again. */
  restart(): void {
    this.#counts.clear();
  }

  #isGrown(nowMs: number): boolean {
    return this.allowedPerSecond(nowMs) >= this.#limitPerSecond;
  }

  #bestCount(nowMs: number): number {
    const { periodMs, memoryMs } = this.#options;
    const current = this.#periodAt(nowMs);
    const oldest = current - Math.ceil(memoryMs / periodMs);
    let best = 0;
    for (const [period, count] of this.#counts) {
      if (period < oldest) this.#counts.delete(period);
      // The current period is not over: its count says too little.
      else if (period < current) best = Math.max(best, count);
    }
    return best;
  }

  #periodAt(nowMs: number): number {
    return Math.floor(nowMs / this.#options.periodMs);
  }
}
