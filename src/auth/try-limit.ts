import type { Clock } from '../time/clock.ts';

interface Tries {
  count: number;
  readonly sinceMs: number;
}

export interface TryLimitOptions {
  /** Tries of one key in a window. */
  readonly most: number;
  readonly windowMs: number;
  /** Keys that are remembered; beyond them the oldest is forgotten. */
  readonly maxKeys: number;
}

/** Counts tries by a key, such as an address; the window begins with the first. */
export class TryLimit {
  readonly #options: TryLimitOptions;
  readonly #clock: Clock;
  readonly #tries = new Map<string, Tries>();

  constructor(options: TryLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** How long the key is refused from now on; 0 where it is not. */
  blockedMs(key: string): number {
    const tries = this.#current(key);
    if (tries === undefined || tries.count < this.#options.most) return 0;
    return Math.max(1, tries.sinceMs + this.#options.windowMs - this.#clock.monotonicMs());
  }

  add(key: string): void {
    const known = this.#current(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    this.#tries.set(key, { count: 1, sinceMs: this.#clock.monotonicMs() });
    if (this.#tries.size > this.#options.maxKeys) this.#tries.delete(this.#tries.keys().next().value as string);
  }

  /** The last try was no guess after all. */
  takeBack(key: string): void {
    const known = this.#current(key);
    if (known !== undefined) known.count -= 1;
  }

  #current(key: string): Tries | undefined {
    const known = this.#tries.get(key);
    if (known === undefined || this.#clock.monotonicMs() - known.sinceMs < this.#options.windowMs) return known;
    this.#tries.delete(key);
    return undefined;
  }
}
