/** What operators are told of the keys: who judges, how each key stands, what the pool has left. */
import type { Clock } from '../time/clock.ts';
import type { Assessment } from './assessment.ts';
import { type Judge, judgeOf } from './judge.ts';
import type { OpenedPool } from './open-model-pool.ts';
import type { PoolLoad } from './pool/key-pool.ts';
import type { EndpointState, GroupState, KeyState } from './pool/model-pool.ts';
import { type AnswerCounts, RecentAnswers } from './recent-answers.ts';

/** The file of keys has changed and cannot be used: the keys are still those from before. */
export interface KeyFileProblem {
  /** What is wrong, where, and what was expected; without the keys. */
  readonly message: string;
  /** UTC, ms. */
  readonly sinceMs: number;
}

export interface KeyReport {
  readonly judge: Judge;
  readonly lastMinute: AnswerCounts;
  readonly keys: readonly KeyState[];
  readonly groups: readonly GroupState[];
  readonly endpoints: readonly EndpointState[];
  readonly load: PoolLoad;
  readonly problem: KeyFileProblem | undefined;
}

/** Remembers what a report tells beyond the pool's own state. */
export class KeyReporter {
  readonly #clock: Clock;
  readonly #recent: RecentAnswers;
  #problem: KeyFileProblem | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#recent = new RecentAnswers(clock);
  }

  /** A group was assessed. */
  count(assessment: Assessment): void {
    this.#recent.count(assessment);
  }

  /** The file of keys could be used. */
  fileRead(): void {
    this.#problem = undefined;
  }

  fileRefused(message: string): void {
    if (message !== this.#problem?.message) this.#problem = { message, sinceMs: this.#clock.nowMs() };
  }

  report(pool: Pick<OpenedPool, 'keys' | 'groups' | 'endpoints' | 'load'>): KeyReport {
    const keys = pool.keys();
    const lastMinute = this.#recent.read();
    return {
      judge: judgeOf(keys, lastMinute),
      lastMinute,
      keys,
      groups: pool.groups(),
      endpoints: pool.endpoints(),
      load: pool.load(),
      problem: this.#problem,
    };
  }
}
