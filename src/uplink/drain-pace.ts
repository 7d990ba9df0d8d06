import type { Clock } from '../time/clock.ts';
import type { Random } from '../time/random.ts';

/** What may go at once after a pause, as a time at the full pace. */
const burstMs = 100;
/** After an outage each box begins at a moment of its own within this time: all of a site have their link back together. */
const maxStartDelayMs = 5000;

/** Lets through so many records a second, evenly. */
export class DrainPace {
  readonly #perMs: number;
  readonly #most: number;
  readonly #clock: Clock;
  readonly #random: Random;
  #allowance = 0;
  /** Up to when the allowance is counted, monotonic; in the future before the start. */
  #countedMs: number;

  constructor(perSecond: number, clock: Clock, random: Random) {
    this.#perMs = perSecond / 1000;
    this.#most = Math.max(1, this.#perMs * burstMs);
    this.#clock = clock;
    this.#random = random;
    this.#countedMs = clock.monotonicMs();
    this.restart();
  }

  /** Begins anew, after a delay by chance. */
  restart(): void {
    this.#allowance = 0;
    this.#countedMs = this.#clock.monotonicMs() + this.#random() * maxStartDelayMs;
  }

  /** Whether one may go now. */
  get isOpen(): boolean {
    this.#count();
    return this.#allowance >= 1;
  }

  /** One has gone. */
  spend(): void {
    this.#allowance -= 1;
  }

  /** How long until the next may go. */
  get waitMs(): number {
    this.#count();
    const untilStartMs = Math.max(0, this.#countedMs - this.#clock.monotonicMs());
    return untilStartMs + Math.max(0, (1 - this.#allowance) / this.#perMs);
  }

  #count(): void {
    const passedMs = this.#clock.monotonicMs() - this.#countedMs;
    if (passedMs <= 0) return;
    this.#allowance = Math.min(this.#most, this.#allowance + passedMs * this.#perMs);
    this.#countedMs += passedMs;
  }
}
