import { type TokenEntry, TokenWindow } from './token-window.ts';

const secondMs = 1000;
const minuteMs = 60_000;
const secondsOfMinute = 60;

/** What one call has set aside; settled once. */
export interface TokenReservation {
  readonly minute: TokenEntry;
  readonly second: TokenEntry;
}

/**
 * The tokens that an account may use: so many in any minute, and a sixtieth of that in any second. Other than the
 * server's token bucket, it takes estimates and settles them, and can say when there will be enough.
 */
export class TokenAllowance {
  readonly #minute: TokenWindow;
  readonly #second: TokenWindow;
  #perMinute: number;

  /** `guardMs` is added to each window, for what the network does to distances. */
  constructor(perMinute: number, guardMs: number) {
    this.#perMinute = perMinute;
    this.#minute = new TokenWindow(minuteMs + guardMs);
    this.#second = new TokenWindow(secondMs + guardMs);
  }

  limit(perMinute: number): void {
    this.#perMinute = perMinute;
  }

  get perSecond(): number {
    return this.#perMinute / secondsOfMinute;
  }

  /** The first moment at which `tokens` fit, with `share` of the limit to be used. */
  earliestMs(nowMs: number, tokens: number, share = 1): number {
    return Math.max(
      this.#minute.earliestMs(nowMs, tokens, this.#perMinute * share),
      this.#second.earliestMs(nowMs, tokens, this.perSecond * share),
    );
  }

  reserve(nowMs: number, tokens: number): TokenReservation {
    return { minute: this.#minute.reserve(nowMs, tokens), second: this.#second.reserve(nowMs, tokens) };
  }

  settle({ minute, second }: TokenReservation, used: number, nowMs: number): void {
    this.#minute.settle(minute, used, nowMs);
    this.#second.settle(second, used, nowMs);
  }
}
