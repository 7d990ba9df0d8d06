/**
 * The alerts of the service: makes them from assessments, keeps them, tells viewers of them and answers for them. An alert
 * is told only when it is on disk, or with the mark that it is not. Runs on the event loop.
 */
import type { GroupAssessment } from '../aggregate/assessed.ts';
import { type RiskThresholds, rankOf } from '../detect/risk-level.ts';
import type { Clock } from '../time/clock.ts';
import type { Alert, AlertChange, Verdict } from './alert.ts';
import { AlertBook, acknowledged, type BookEntry } from './alert-book.ts';
import { type AlertCursor, type AlertFilter, matches } from './alert-filter.ts';
import { type AlertLevel, alertLevel } from './alert-level.ts';
import { AlertWriter, type HistoryState } from './alert-writer.ts';
import { CurrentRisk } from './current-risk.ts';
import type { StoreStats } from './store/alert-database.ts';
import type { AlertStore } from './store/alert-store.ts';

/** Between two looks for alerts that are too old. */
const prunePeriodMs = 600_000;

export interface AlertDeskOptions {
  readonly store: AlertStore;
  readonly clock: Clock;
  readonly thresholds: RiskThresholds;
  /** See the configuration's `alerts`. */
  readonly settings: { readonly pauseMs: number; readonly minLevel: AlertLevel; readonly continueMs: number };
  readonly newId: () => string;
  /** Told of whatever keeps alerts from being kept. */
  readonly onTrouble: (code: string, message: string) => void;
}

/** An alert as it is told of. */
export interface AlertState {
  readonly alert: Alert;
  /** The danger was found by the newest assessments. */
  readonly active: boolean;
  /** It is on disk. */
  readonly stored: boolean;
}

export interface AlertEvent extends AlertState {
  readonly change: AlertChange;
}

export interface AlertList {
  /** The latest to begin first. */
  readonly alerts: readonly AlertState[];
  readonly next?: AlertCursor;
  readonly history: HistoryState;
}

export interface AlertStats extends StoreStats {
  readonly active: readonly Alert[];
  readonly written: number;
  /** Shown and not on disk: now, and lost for good. */
  readonly unsaved: number;
  readonly lost: number;
  readonly errors: ReadonlyMap<string, number>;
  readonly history: HistoryState;
}

export class AlertDesk {
  /** What is dangerous now, for the frames that viewers get. */
  readonly current: CurrentRisk;
  readonly #options: AlertDeskOptions;
  readonly #book: AlertBook;
  readonly #writer: AlertWriter;
  readonly #listeners = new Set<(event: AlertEvent) => void>();
  #cancelExpiry: (() => void) | undefined;
  #cancelPrune: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: AlertDeskOptions) {
    const { store, clock, settings, newId, onTrouble } = options;
    this.#options = options;
    this.current = new CurrentRisk(clock, settings.pauseMs);
    this.#book = new AlertBook({ continueMs: settings.continueMs, newId });
    this.#writer = new AlertWriter({
      store,
      clock,
      onShown: (change, alert, stored) => this.#tell({ change, alert, stored, active: this.#book.isActive(alert.id) }),
      onTrouble,
    });
  }

  /** Resolves when it knows which alerts were open before the service was started anew. */
  static async open(options: AlertDeskOptions): Promise<AlertDesk> {
    const desk = new AlertDesk(options);
    await desk.#restore();
    desk.#pruneLater(0);
    return desk;
  }

  /**
   * A group was assessed. Resolves when the alert that it is part of is on disk, or cannot be and waits in memory; undefined where
   * there is none.
   */
  assess(assessment: GroupAssessment): Promise<void> | undefined {
    const { thresholds, settings, clock } = this.#options;
    const level = alertLevel(assessment.risk, thresholds);
    if (level === 'none') {
      this.#follow(this.#book.safe(assessment));
      return undefined;
    }
    const shows = () => this.current.show(assessment, level);
    if (rankOf(level) < rankOf(settings.minLevel)) {
      shows();
      return undefined;
    }
    // What is shown as dangerous is in the history already, or is told not to be.
    const entries = this.#book.danger(assessment, level, clock.monotonicMs());
    const kept = Promise.all(this.#follow(entries)).then(shows);
    this.#scheduleExpiry();
    return kept;
  }

  /** Hears of every change of an alert, once it is kept. */
  onChange(listener: (event: AlertEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** At most `limit` alerts, and on the first page those that could not be written. */
  async list(filter: AlertFilter, limit: number, after?: AlertCursor): Promise<AlertList> {
    const { unsaved } = this.#writer;
    const page = await this.#read(() => this.#options.store.list(filter, limit, after), { alerts: [] });
    const waiting = after === undefined ? unsaved.alerts().filter((alert) => matches(alert, filter)) : [];
    const waitingIds = new Set(waiting.map(({ id }) => id));
    const alerts = [...waiting, ...page.alerts.filter(({ id }) => !waitingIds.has(id))];
    return {
      alerts: alerts.sort(latestFirst).map((alert) => this.#state(alert)),
      history: this.#writer.state,
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  }

  /** The picture of an alert: JPEG; undefined where there is none. */
  async picture(id: string): Promise<Uint8Array | undefined> {
    const unsaved = this.#writer.unsaved.picture(id);
    return unsaved === undefined ? await this.#options.store.picture(id) : Buffer.from(unsaved, 'base64');
  }

  /** The operator has looked at it; undefined where there is no such alert. Resolves when that is kept, or can't be. */
  async acknowledge(id: string, verdict: Verdict): Promise<AlertState | undefined> {
    const entry =
      this.#book.acknowledge(id, verdict, this.#options.clock.nowMs()) ?? (await this.#endedEntry(id, verdict));
    if (entry === undefined) return undefined;
    const stored = await this.#writer.write(entry);
    return { ...this.#state(entry.alert), stored };
  }

  stats(): AlertStats {
    const { state, written, errors, unsaved } = this.#writer;
    return {
      ...this.#options.store.stats(),
      active: this.#book.active(),
      written,
      unsaved: unsaved.size,
      lost: unsaved.dropped,
      errors,
      history: state,
    };
  }

  /** Writes what is under way and closes the store. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelExpiry?.();
    this.#cancelPrune?.();
    await this.#writer.close();
    await this.#options.store.close();
  }

  async #restore(): Promise<void> {
    const { store, clock, settings } = this.#options;
    const nowMs = clock.nowMs();
    const alerts = await this.#read(() => store.seenSince(nowMs - settings.continueMs), []);
    for (const alert of alerts) {
      const leftMs = Math.min(settings.continueMs, alert.lastSeenMs + settings.continueMs - nowMs);
      this.#book.restore(alert, clock.monotonicMs() + leftMs);
    }
    this.#scheduleExpiry();
  }

  async #endedEntry(id: string, verdict: Verdict): Promise<BookEntry | undefined> {
    const alert = this.#writer.unsaved.find(id) ?? (await this.#options.store.find(id));
    if (alert === undefined) return undefined;
    return { change: 'acknowledged', alert: acknowledged(alert, verdict, this.#options.clock.nowMs()) };
  }

  /** Writes what changed; the end of an alert is nothing to write: only those who look on are told. */
  #follow(entries: readonly BookEntry[]): Promise<boolean>[] {
    return entries.flatMap((entry) => {
      if (entry.change !== 'ended') return this.#writer.write(entry);
      if (!this.#writer.isWriting(entry.alert.id)) this.#tell({ change: 'ended', ...this.#state(entry.alert) });
      return [];
    });
  }

  #state(alert: Alert): AlertState {
    const stored = this.#writer.unsaved.find(alert.id) === undefined;
    return { alert, stored, active: this.#book.isActive(alert.id) };
  }

  #tell(event: AlertEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #scheduleExpiry(): void {
    this.#cancelExpiry?.();
    const { clock } = this.#options;
    const nextMs = this.#book.nextEndMs();
    if (nextMs === undefined) return;
    this.#cancelExpiry = clock.after(Math.max(0, nextMs - clock.monotonicMs()), () => {
      // Outside the book it is not active any more.
      this.#follow(this.#book.expire(clock.monotonicMs()));
      this.#scheduleExpiry();
    });
  }

  #pruneLater(delayMs: number): void {
    const { clock, store } = this.#options;
    this.#cancelPrune = clock.after(delayMs, () => {
      void this.#read(() => store.prune(clock.nowMs()), 0);
      this.#pruneLater(prunePeriodMs);
    });
  }

  /** What cannot be read is noted, and the service goes on with what there is. */
  async #read<Value>(read: () => Promise<Value>, otherwise: Value): Promise<Value> {
    try {
      const value = await read();
      this.#writer.noteAnswer();
      return value;
    } catch (error) {
      this.#writer.noteFault(error);
      return otherwise;
    }
  }
}

function latestFirst(one: Alert, other: Alert): number {
  return other.sinceMs - one.sinceMs || (other.id < one.id ? -1 : 1);
}
