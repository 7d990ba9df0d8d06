import type { RecordUrgency } from '../bus/outgoing-record.ts';
import type { Clock } from '../time/clock.ts';
import { DoubledWait } from '../time/doubled-wait.ts';
import { withinLimit } from '../time/within-limit.ts';
import { slowDisk, slowDiskMs } from './disk-state.ts';
import { type Entry, entryOf, type Pace } from './entry.ts';
import type { OutboxStore, StoredRecord } from './store/outbox-store.ts';

/** What is read ahead of a lane. */
const pageRecords = 100;
const pageBytes = 2 * 1_048_576;
/** Before what could not be read is read again. */
const holds = { firstMs: 1000, longestMs: 30_000 };

export interface LaneOptions {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Of this urgency alone; unless given, of both. */
  readonly urgency?: RecordUrgency;
  /** Whether a record is on its way already, or is through and not off the disk yet. */
  readonly isTaken: (seq: number) => boolean;
  /** There is something to take, or it is known that there is nothing. */
  readonly onRead: () => void;
  /** Records could not be read, or not within `slowDiskMs`. */
  readonly onFault: (error: unknown) => void;
  /** What could not be read may be tried again. */
  readonly onRetry: () => void;
}

/**
 * Records on disk in their order, read page by page as they are taken. One page is asked for at a time, and no other before the
 * store has answered, however late: a disk that hangs finds little to do when it works again.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #holds = new DoubledWait(holds);
  /** All up to here were taken. */
  #cursor: number;
  #page: StoredRecord[] = [];
  /** When the page is taken, all up to here is. */
  #pageEnd: number | undefined;
  /** The reading that counts; whatever was read before the lane was moved does not. */
  #reading: symbol | undefined;
  /** Resolves when the store has answered all that it was asked. */
  #answered: Promise<unknown> = Promise.resolve();
  #isHeld = false;

  constructor(options: LaneOptions, cursor: number) {
    this.#options = options;
    this.#cursor = cursor;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** The next record up to `untilSeq`; none where it has to be read first, or there is none. */
  take(untilSeq: number): Entry | undefined {
    const stored = this.#page.shift();
    if (stored !== undefined) {
      this.#cursor = stored.seq;
      return entryOf(stored, this.#options.pace);
    }
    this.#cursor = Math.max(this.#cursor, this.#pageEnd ?? 0);
    this.#pageEnd = undefined;
    if (this.#cursor < untilSeq && this.#reading === undefined && !this.#isHeld) void this.#read(untilSeq);
    return undefined;
  }

  /** Goes on behind `cursor`. */
  moveTo(cursor: number): void {
    if (cursor === this.#cursor && this.#reading === undefined && this.#page.length === 0) return;
    this.#cursor = cursor;
    this.#page = [];
    this.#pageEnd = undefined;
    this.#reading = undefined;
  }

  async #read(untilSeq: number): Promise<void> {
    const { clock, isTaken, onRead, onFault } = this.#options;
    const reading = Symbol('reading');
    this.#reading = reading;
    try {
      const found = await withinLimit(this.#ask(reading), slowDiskMs, clock);
      if (this.#reading !== reading) return;
      if (found === undefined) throw slowDisk();
      this.#reading = undefined;
      this.#holds.reset();
      const last = found.at(-1)?.seq ?? untilSeq;
      this.#page = found.filter(({ seq }) => seq <= untilSeq && !isTaken(seq));
      this.#pageEnd = Math.min(last, untilSeq);
      onRead();
    } catch (error) {
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      this.#hold();
      onFault(error);
    }
  }

  #ask(reading: symbol): Promise<readonly StoredRecord[]> {
    const { store, urgency } = this.#options;
    const records = this.#answered.then(() => {
      // Given up while the store owed another answer.
      if (this.#reading !== reading) return [];
      const limits = { afterSeq: this.#cursor, maxRecords: pageRecords, maxBytes: pageBytes };
      return store.read(urgency === undefined ? limits : { urgency, ...limits });
    });
    this.#answered = records.catch(() => {});
    return records;
  }

  #hold(): void {
    this.#isHeld = true;
    this.#options.clock.after(this.#holds.next(), () => {
      this.#isHeld = false;
      this.#options.onRetry();
    });
  }
}
