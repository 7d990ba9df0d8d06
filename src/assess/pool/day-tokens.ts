const dayMs = 86_400_000;

/** Tokens of one UTC day, as they are kept over a restart. */
export interface SpentTokens {
  /** Days since the epoch. */
  readonly day: number;
  readonly tokens: number;
}

/** Counts the tokens of a day (UTC), and begins anew with the next. `nowMs` is UTC. */
export class DayTokens {
  #day: number;
  #tokens: number;

  /** `spent`: what is known of this day already; of another day it counts for nothing. */
  constructor(nowMs: number, spent?: SpentTokens) {
    this.#day = dayOf(nowMs);
    this.#tokens = spent?.day === this.#day ? spent.tokens : 0;
  }

  add(tokens: number, nowMs: number): void {
    this.#tokens = this.on(nowMs).tokens + tokens;
  }

  on(nowMs: number): SpentTokens {
    const today = dayOf(nowMs);
    if (today !== this.#day) {
      this.#day = today;
      this.#tokens = 0;
    }
    return { day: this.#day, tokens: this.#tokens };
  }
}

/** When a day began, UTC in ms. */
export function startOfDayMs(nowMs: number): number {
  return dayOf(nowMs) * dayMs;
}

function dayOf(nowMs: number): number {
  return Math.floor(nowMs / dayMs);
}
