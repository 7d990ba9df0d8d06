import type { Clock } from '../../time/clock.ts';
import { DayTokens, type SpentTokens, startOfDayMs } from './day-tokens.ts';
import type { TaskPriority } from './model-pool.ts';

/**
 * The tokens that a day (UTC) may cost. From the soft share on, tasks of low priority get none; at the end nobody does.
 * What is set aside for calls in flight counts as spent.
 */
export class DailyBudget {
  readonly #limit: number;
  readonly #softShare: number;
  readonly #clock: Clock;
  readonly #spent: DayTokens;
  readonly #countedSinceMs: number;
  #reserved = 0;

  /** Without `limit` it only counts. `spent`: what is known of this day already. */
  constructor(
    limit: number | undefined,
    { softShare, clock, spent }: { readonly softShare: number; readonly clock: Clock; readonly spent?: SpentTokens },
  ) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#softShare = softShare;
    this.#clock = clock;
    const nowMs = clock.nowMs();
    this.#spent = new DayTokens(nowMs, spent);
    this.#countedSinceMs = spent === undefined ? nowMs : startOfDayMs(nowMs);
  }

  /** Whether a task of this priority, of so many tokens, may still be sent. */
  allows(priority: TaskPriority, tokens: number): boolean {
    const after = this.spent().tokens + this.#reserved + tokens;
    return after <= (priority === 'low' ? this.#limit * this.#softShare : this.#limit);
  }

  reserve(tokens: number): void {
    this.#reserved += tokens;
  }

  /** A call is over: `reserved` were set aside for it, `used` is what it took. */
  settle(reserved: number, used: number): void {
    this.#reserved -= reserved;
    this.#spent.add(used, this.#clock.nowMs());
  }

  spent(): SpentTokens {
    return this.#spent.on(this.#clock.nowMs());
  }

  /** From when on what was spent is known: midnight (UTC), or the start where that was later. UTC in ms. */
  get countedSinceMs(): number {
    return Math.max(this.#countedSinceMs, startOfDayMs(this.#clock.nowMs()));
  }

  /** Whether saving is called for: the soft share is spent. */
  get isShort(): boolean {
    return this.spent().tokens >= this.#limit * this.#softShare;
  }
}
