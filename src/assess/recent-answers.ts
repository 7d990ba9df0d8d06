import type { Clock } from '../time/clock.ts';
import type { Assessment, FallbackReason } from './assessment.ts';

const periodMs = 5000;
const periods = 12;

/** Groups that were assessed within the last minute, by who judged. */
export interface AnswerCounts {
  readonly model: number;
  /** Judged as the model had judged the same scene a moment before. */
  readonly cache: number;
  readonly rules: number;
  /** Those of the rules, by why it was they who judged. */
  readonly rulesBecause: Readonly<Partial<Record<FallbackReason, number>>>;
}

/** Counts who judged within the last minute, give or take five seconds. */
export class RecentAnswers {
  readonly #clock: Clock;
  /** By number of the period, those of a minute. */
  readonly #judged = new Map<number, Map<'model' | 'cache' | FallbackReason, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count({ source, fallbackReason = 'error' }: Pick<Assessment, 'source' | 'fallbackReason'>): void {
    const period = this.#forgetOld();
    const counts = this.#judged.get(period) ?? new Map();
    this.#judged.set(period, counts);
    const judge = source === 'rules' ? fallbackReason : source;
    counts.set(judge, (counts.get(judge) ?? 0) + 1);
  }

  read(): AnswerCounts {
    this.#forgetOld();
    const sums = { model: 0, cache: 0, rules: 0 };
    const rulesBecause: Partial<Record<FallbackReason, number>> = {};
    for (const [judge, count] of [...this.#judged.values()].flatMap((counts) => [...counts])) {
      if (judge === 'model' || judge === 'cache') {
        sums[judge] += count;
        continue;
      }
      sums.rules += count;
      rulesBecause[judge] = (rulesBecause[judge] ?? 0) + count;
    }
    return { ...sums, rulesBecause };
  }

  /** Gives the number of the period that runs. */
  #forgetOld(): number {
    const current = Math.floor(this.#clock.monotonicMs() / periodMs);
    for (const period of this.#judged.keys()) if (period <= current - periods) this.#judged.delete(period);
    return current;
  }
}
