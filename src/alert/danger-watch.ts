import type { GroupAssessment } from '../aggregate/assessed.ts';
import type { RiskThresholds } from '../detect/risk-level.ts';
import { rankOf } from '../detect/risk-level.ts';
import type { Clock } from '../time/clock.ts';
import { AlertBook, type BookEntry } from './alert-book.ts';
import type { AlertDeskOptions } from './alert-desk.ts';
import { alertLevel } from './alert-level.ts';

export interface DangerWatchOptions {
  readonly clock: Clock;
  readonly thresholds: RiskThresholds;
  readonly settings: Pick<AlertDeskOptions['settings'], 'minLevel' | 'continueMs'>;
  readonly newId: () => string;
  /** Hears of every change of an alert, but for ends. */
  readonly onChange: (entry: BookEntry) => void;
}

/**
 * Alerts of cameras whose screens are elsewhere: what begins and what becomes worse is told, nothing is kept. Runs on the event
 * loop.
 */
export class DangerWatch {
  readonly #options: DangerWatchOptions;
  readonly #book: AlertBook;

  constructor(options: DangerWatchOptions) {
    const { settings, newId } = options;
    this.#options = options;
    this.#book = new AlertBook({ continueMs: settings.continueMs, newId });
  }

  /** A group was assessed. */
  assess(assessment: GroupAssessment): void {
    const { clock, thresholds, settings, onChange } = this.#options;
    const nowMs = clock.monotonicMs();
    // Nobody waits for ends: what is over need only be gone before the next.
    this.#book.expire(nowMs);
    const level = alertLevel(assessment.risk, thresholds);
    if (level === 'none') {
      this.#book.safe(assessment);
      return;
    }
    if (rankOf(level) < rankOf(settings.minLevel)) return;
    for (const entry of this.#book.danger(assessment, level, nowMs)) {
      if (entry.change !== 'ended') onChange(entry);
    }
  }
}
