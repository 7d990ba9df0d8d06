import type { Clock } from '../time/clock.ts';

/** Wrong tokens that one address may show in `windowMs`. */
const maxTries = 10;
const windowMs = 60_000;
/** Addresses that are remembered; beyond them the oldest is forgotten. */
const maxAddresses = 10_000;

/** Keeps guessing slow: after some wrong tokens an address is not listened to for the rest of the minute. */
export class FailedTries {
  readonly #clock: Clock;
  readonly #tries = new Map<string, { count: number; readonly sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isBlocked(address: string): boolean {
    return (this.#current(address)?.count ?? 0) >= maxTries;
  }

  /** True for the first of this minute: the one that is logged. */
  add(address: string): boolean {
    const known = this.#current(address);
    if (known) {
      known.count += 1;
      return false;
    }
    this.#tries.set(address, { count: 1, sinceMs: this.#clock.monotonicMs() });
    if (this.#tries.size > maxAddresses) this.#tries.delete(this.#tries.keys().next().value as string);
    return true;
  }

  #current(address: string): { count: number; readonly sinceMs: number } | undefined {
    const known = this.#tries.get(address);
    if (known === undefined || this.#clock.monotonicMs() - known.sinceMs < windowMs) return known;
    this.#tries.delete(address);
    return undefined;
  }
}
