/**
 * Brings alerts to the store, one write at a time for each alert: what happens to it meanwhile goes into the next. Tells
 * when a state is on disk; and where it cannot be kept, that it is not. What the store refuses is tried again.
 */
import { errorCode, errorMessage } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Alert, AlertChange } from './alert.ts';
import type { BookEntry } from './alert-book.ts';
import type { AlertStore } from './store/alert-store.ts';
import { UnsavedAlerts } from './unsaved-alerts.ts';

/** An alert that is not on disk by then is shown nevertheless, as one that may be lost. */
const commitWaitMs = 2000;
const retryFirstMs = 2000;
const retryMaxMs = 60_000;

/** Of changes that go into one write, the one that is told. */
const weights: Readonly<Record<AlertChange, number>> = {
  began: 5,
  worsened: 4,
  acknowledged: 3,
  continued: 2,
  stored: 1,
  ended: 0,
};

/** Whether alerts are kept, and if not, why and since when (UTC ms). */
export type HistoryState =
  | { readonly kept: true }
  | { readonly kept: false; readonly code: string; readonly message: string; readonly sinceMs: number };

export interface AlertWriterOptions {
  readonly store: AlertStore;
  readonly clock: Clock;
  /** `stored`: it is on disk. */
  readonly onShown: (change: AlertChange, alert: Alert, stored: boolean) => void;
  readonly onTrouble: (code: string, message: string) => void;
}

/** A write, and who waits for it. */
interface Write {
  entry: BookEntry;
  readonly done: ((stored: boolean) => void)[];
}

/** An alert whose write is under way, and the one after it. */
interface Lane {
  next: Write | undefined;
  /** Resolves when nothing is left to write. */
  readonly done: Promise<void>;
}

export class AlertWriter {
  readonly unsaved = new UnsavedAlerts();
  readonly #options: AlertWriterOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #errors = new Map<string, number>();
  #written = 0;
  #state: HistoryState = { kept: true };
  #retryMs = retryFirstMs;
  #cancelRetry: (() => void) | undefined;
  #closed = false;

  constructor(options: AlertWriterOptions) {
    this.#options = options;
  }

  /** Whether alerts are being kept. */
  get state(): HistoryState {
    return this.#state;
  }

  /** States of alerts that were brought to disk. */
  get written(): number {
    return this.#written;
  }

  /** Writes that failed, by the code of the fault. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  /** Whether a state of this alert is on its way to the disk. */
  isWriting(id: string): boolean {
    return this.#lanes.has(id);
  }

  /** Resolves when the state, or a later one, was written (true), or could not be (false). Never rejects. */
  write(entry: BookEntry): Promise<boolean> {
    return new Promise((resolve) => {
      const write: Write = { entry, done: [resolve] };
      const lane = this.#lanes.get(entry.alert.id);
      if (lane === undefined) this.#begin(write);
      else lane.next = lane.next === undefined ? write : joined(lane.next, write);
    });
  }

  /** Something else than a write failed, such as reading. */
  noteFault(error: unknown): void {
    this.#fail(errorCode(error), errorMessage(error));
  }

  /** The store has answered: while nothing waits to be written, that is all there is to know. */
  noteAnswer(): void {
    if (this.unsaved.size === 0) this.#state = { kept: true };
  }

  /** Tries nothing again; resolves when what is under way is written or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    await Promise.all([...this.#lanes.values()].map(({ done }) => done));
  }

  #begin(write: Write): void {
    let finish = () => {};
    const done = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const lane: Lane = { next: undefined, done };
    this.#lanes.set(write.entry.alert.id, lane);
    void this.#run(lane, write).then(finish);
  }

  async #run(lane: Lane, first: Write): Promise<void> {
    const { id } = first.entry.alert;
    for (let write: Write | undefined = first; write !== undefined; write = lane.next) {
      lane.next = undefined;
      const stored = await this.#save(write.entry, () => lane.next === undefined && this.#lanes.delete(id));
      for (const done of write.done) done(stored);
    }
  }

  /** `onSettled` is called when the outcome is known and before it is told. */
  async #save({ change, alert, picture }: BookEntry, onSettled: () => void): Promise<boolean> {
    const { store, clock, onShown } = this.#options;
    let late = false;
    const cancel = clock.after(commitWaitMs, () => {
      late = true;
      this.#fail('store-slow', `the alert history has not answered for ${commitWaitMs} ms`);
      onShown(change, alert, false);
    });
    try {
      await store.save(alert, picture ?? this.unsaved.picture(alert.id));
      cancel();
      onSettled();
      this.#succeeded(alert);
      onShown(late ? 'stored' : change, alert, true);
      return true;
    } catch (error) {
      cancel();
      onSettled();
      this.unsaved.add(alert, picture);
      this.#fail(errorCode(error), errorMessage(error));
      if (!late && change !== 'stored') onShown(change, alert, false);
      return false;
    }
  }

  #succeeded(alert: Alert): void {
    this.#written += 1;
    this.unsaved.delete(alert.id);
    if (this.#state.kept) return;
    this.#state = { kept: true };
    this.#retryMs = retryFirstMs;
    this.#retryAll();
  }

  #fail(code: string, message: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    const sinceMs = this.#state.kept ? this.#options.clock.nowMs() : this.#state.sinceMs;
    this.#state = { kept: false, code, message, sinceMs };
    this.#options.onTrouble(code, message);
    if (this.#closed || this.#cancelRetry !== undefined) return;
    this.#cancelRetry = this.#options.clock.after(this.#retryMs, () => {
      this.#retryMs = Math.min(retryMaxMs, this.#retryMs * 2);
      this.#cancelRetry = undefined;
      this.#retryOne();
    });
  }

  /** One tries whether the store works again; then the others follow. */
  #retryOne(): void {
    const [first] = this.unsaved.alerts();
    if (first !== undefined) this.#retry(first);
  }

  #retryAll(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    for (const alert of this.unsaved.alerts()) this.#retry(alert);
  }

  #retry(alert: Alert): void {
    if (!this.#lanes.has(alert.id)) void this.write({ change: 'stored', alert });
  }
}

function joined(one: Write, other: Write): Write {
  const picture = other.entry.picture ?? one.entry.picture;
  const change = weights[one.entry.change] > weights[other.entry.change] ? one.entry.change : other.entry.change;
  return {
    entry: { change, alert: other.entry.alert, ...(picture === undefined ? {} : { picture }) },
    done: [...one.done, ...other.done],
  };
}
