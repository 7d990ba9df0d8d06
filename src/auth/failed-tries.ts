import type { Clock } from '../time/clock.ts';

/** Different wrong tokens that one address may show in `windowMs`. */
const maxTokens = 10;
const windowMs = 60_000;
/** Addresses that are remembered; beyond them the oldest is forgotten. */
const maxAddresses = 10_000;

interface Tries {
  /** Fingerprints; the tokens themselves are not kept. */
  readonly tokens: Set<string>;
  readonly sinceMs: number;
}

/**
 * Keeps guessing slow: after some wrong tokens an address is not listened to for the rest of the minute. Only different
 * ones count: who shows the same wrong token again and again guesses nothing, but has an old one, and must not shut out the
 * others behind its address.
 */
export class FailedTries {
  readonly #clock: Clock;
  readonly #tries = new Map<string, Tries>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isBlocked(address: string): boolean {
    return (this.#current(address)?.tokens.size ?? 0) >= maxTokens;
  }

  /** True for the first of this minute: the one that is logged. `fingerprints` are those of wrong tokens. */
  add(address: string, fingerprints: readonly string[]): boolean {
    const known = this.#current(address);
    const tries = known ?? { tokens: new Set(), sinceMs: this.#clock.monotonicMs() };
    for (const fingerprint of fingerprints) tries.tokens.add(fingerprint);
    if (known) return false;
    this.#tries.set(address, tries);
    if (this.#tries.size > maxAddresses) this.#tries.delete(this.#tries.keys().next().value as string);
    return true;
  }

  #current(address: string): Tries | undefined {
    const known = this.#tries.get(address);
    if (known === undefined || this.#clock.monotonicMs() - known.sinceMs < windowMs) return known;
    this.#tries.delete(address);
    return undefined;
  }
}
