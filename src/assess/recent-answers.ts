import type { Clock } from '../time/clock.ts';
import type { Assessment, FallbackReason } from './assessment.ts';

const periodMs = 5000;
const periodsOfMinute = 12;

/** Groups that were assessed within the last minute, by who judged. */
export interface AnswerCounts {
  readonly model: number;
  /** Judged as the model had judged the same scene a moment before. */
  readonly cache: number;
  readonly rules: number;
  /** Those of the rules, by why it was they who judged. */
  readonly rulesBecause: Readonly<Partial<Record<FallbackReason, number>>>;
  /** The models whose answers counted, also earlier ones. */
  readonly models: readonly string[];
}

interface Period {
  readonly judged: Map<'model' | 'cache' | FallbackReason, number>;
  readonly models: Set<string>;
}

/** Counts who judged within the last minute, give or take five seconds. */
export class RecentAnswers {
  readonly #clock: Clock;
  /** By number of the period, those of a minute. */
  readonly #periods = new Map<number, Period>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count({ source, fallbackReason = 'error', model }: Pick<Assessment, 'source' | 'fallbackReason' | 'model'>): void {
    const { judged, models } = this.#current();
    const judge = source === 'rules' ? fallbackReason : source;
    judged.set(judge, (judged.get(judge) ?? 0) + 1);
    if (source !== 'rules') models.add(model);
  }

  read(): AnswerCounts {
    this.#current();
    const periods = [...this.#periods.values()];
    const sums = { model: 0, cache: 0, rules: 0 };
    const rulesBecause: Partial<Record<FallbackReason, number>> = {};
    for (const [judge, count] of periods.flatMap(({ judged }) => [...judged])) {
      if (judge === 'model' || judge === 'cache') {
        sums[judge] += count;
        continue;
      }
      sums.rules += count;
      rulesBecause[judge] = (rulesBecause[judge] ?? 0) + count;
    }
    return { ...sums, rulesBecause, models: [...new Set(periods.flatMap(({ models }) => [...models]))] };
  }

  /** The period that runs; those from before the last minute are forgotten. */
  #current(): Period {
    const number = Math.floor(this.#clock.monotonicMs() / periodMs);
    for (const earlier of this.#periods.keys()) if (earlier <= number - periodsOfMinute) this.#periods.delete(earlier);
    const period = this.#periods.get(number) ?? { judged: new Map(), models: new Set() };
    this.#periods.set(number, period);
    return period;
  }
}
