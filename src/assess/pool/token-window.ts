/** Tokens that were set aside for one call: the estimate, then what it really took. */
export interface TokenEntry {
  readonly atMs: number;
  tokens: number;
}

/** Settled and gone entries are cut off the front when there are this many. */
const trimAt = 1024;

/**
 * At most so many tokens in any window of time. A call sets its estimate aside before it is sent and is settled by
 * what the provider says that it took: then the account is exact, without waiting for the answer.
 */
export class TokenWindow {
  readonly #windowMs: number;
  readonly #entries: TokenEntry[] = [];
  #first = 0;
  #sum = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Tokens of the window that ends now. */
  used(nowMs: number): number {
    this.#forgetBefore(nowMs - this.#windowMs);
    return this.#sum;
  }

  /** The first moment at which `tokens` more stay within `limit`; a call larger than the limit has a window alone. */
  earliestMs(nowMs: number, tokens: number, limit: number): number {
    let excess = this.used(nowMs) + tokens - limit;
    if (excess <= 0) return nowMs;
    for (let index = this.#first; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (entry === undefined) break;
      excess -= entry.tokens;
      if (excess <= 0 || index === this.#entries.length - 1) return entry.atMs + this.#windowMs;
    }
    return nowMs;
  }

  reserve(nowMs: number, tokens: number): TokenEntry {
    const entry = { atMs: nowMs, tokens };
    this.#entries.push(entry);
    this.#sum += tokens;
    return entry;
  }

  settle(entry: TokenEntry, used: number, nowMs: number): void {
    this.#forgetBefore(nowMs - this.#windowMs);
    if (entry.atMs > nowMs - this.#windowMs) this.#sum += used - entry.tokens;
    entry.tokens = used;
  }

  /** Forgets what has left the window: half-open, so that a window apart is far enough. */
  #forgetBefore(limitMs: number): void {
    for (;;) {
      const entry = this.#entries[this.#first];
      if (entry === undefined || entry.atMs > limitMs) break;
      this.#sum -= entry.tokens;
      this.#first += 1;
    }
    if (this.#first < trimAt) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }
}
