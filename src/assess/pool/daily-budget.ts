import type { Clock } from '../../time/clock.ts';
import type { TaskPriority } from './model-pool.ts';

const dayMs = 86_400_000;

/** Tokens of one UTC day, as they are kept over a restart. */
export interface SpentTokens {
  /** Days since the epoch. */
  readonly day: number;
  readonly tokens: number;
}

/**
 * The tokens that a day (UTC) may cost. From the soft share on, tasks of low priority get none; at the end nobody does.
 * What is set aside for calls in flight counts as spent.
 */
export class DailyBudget {
  readonly #limit: number;
  readonly #softShare: number;
  readonly #clock: Clock;
  #day: number;
  #spent = 0;
  #reserved = 0;

  /** Without `limit` it only counts. `spent`: what is known of this day already. */
  constructor(
    limit: number | undefined,
    { softShare, clock, spent }: { readonly softShare: number; readonly clock: Clock; readonly spent?: SpentTokens },
  ) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#softShare = softShare;
    this.#clock = clock;
    this.#day = this.#today();
    if (spent?.day === this.#day) this.#spent = spent.tokens;
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
    this.#turnDay();
    this.#reserved -= reserved;
    this.#spent += used;
  }

  spent(): SpentTokens {
    this.#turnDay();
    return { day: this.#day, tokens: this.#spent };
  }

  /** Whether saving is called for: the soft share is spent. */
  get isShort(): boolean {
    return this.spent().tokens >= this.#limit * this.#softShare;
  }

  #turnDay(): void {
    const today = this.#today();
    if (today === this.#day) return;
    this.#day = today;
    this.#spent = 0;
  }

  #today(): number {
    return Math.floor(this.#clock.nowMs() / dayMs);
  }
}
