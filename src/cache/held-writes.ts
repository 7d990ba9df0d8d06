import type { Clock } from '../time/clock.ts';
import type { Write } from './write-queue.ts';

/** A write that takes longer is not waited for: the cache is behind. */
const patienceMs = 5000;

interface Held {
  readonly sinceMs: number;
  readonly letGo: () => void;
}

/**
 * Who waits until a write is made, or has come to nothing. Nobody waits long: when one has for five seconds, all are let go, and
 * nobody waits any more until everything is written. So a cache that is away, or slow, holds whoever reads messages up once,
 * for that time, and not with each message. Bounded by what may wait to be written.
 */
export class HeldWrites {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #held = new Map<Write, Held>();
  #isBehind = false;
  #cancelWatch: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when `settle` is called for it, or at once where nobody waits now. */
  hold(write: Write): Promise<void> {
    if (this.#isBehind) return Promise.resolve();
    return new Promise((letGo) => {
      this.#held.set(write, { sinceMs: this.#clock.monotonicMs(), letGo });
      if (this.#cancelWatch === undefined) this.#watch(patienceMs);
    });
  }

  /** It is written, or never will be. */
  settle(write: Write): void {
    this.#held.get(write)?.letGo();
    this.#held.delete(write);
  }

  /** Everything is written: there is waiting again. */
  caughtUp(): void {
    this.#isBehind = false;
  }

  #watch(delayMs: number): void {
    this.#cancelWatch = this.#clock.after(delayMs, () => {
      this.#cancelWatch = undefined;
      const [oldest] = this.#held.values();
      if (oldest === undefined) return;
      const leftMs = oldest.sinceMs + patienceMs - this.#clock.monotonicMs();
      if (leftMs > 0) this.#watch(leftMs);
      else this.#letAllGo();
    });
  }

  #letAllGo(): void {
    this.#isBehind = true;
    for (const { letGo } of this.#held.values()) letGo();
    this.#held.clear();
  }
}
