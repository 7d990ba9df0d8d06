/** Brings records to the disk, and takes off it what is through: all that there is to write at a time goes into one commit. */
import { errorCode } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { DoubledWait } from '../time/doubled-wait.ts';
import { failingDisk, slowDisk, slowDiskMs } from './disk-state.ts';
import type { Entry } from './entry.ts';
import type { DiskState } from './outbox-status.ts';
import type { OutboxStore, RefusedRecord } from './store/outbox-store.ts';
import { WaitingRecords } from './waiting-records.ts';

/** What one commit writes. */
const batchRecords = 500;
const batchBytes = 8 * 1_048_576;
const batchRemovals = 5000;
/** Confirmations that nothing else is written with wait for each other: a crash repeats what it catches of them. */
const removalLingerMs = 100;
/** Before the disk is tried again; until it takes something. */
const holds = { firstMs: 500, longestMs: 30_000 };

export interface DiskWriterOptions {
  readonly store: OutboxStore;
  readonly clock: Clock;
  /** These are on disk, with their `seq`, in the order in which they came; `wasFailing`: the first after a failure. */
  readonly onStored: (entries: readonly Entry[], wasFailing: boolean) => void;
  /** These are off it. */
  readonly onRemoved: (seqs: readonly number[]) => void;
  readonly onState: (state: DiskState) => void;
  /** This one can never be stored. */
  readonly onUnstorable: (entry: Entry, error: unknown) => void;
  /** This one is given up: neither disk nor link have taken it. */
  readonly onOverrun: (entry: Entry, reason: 'overrun' | 'disk-full') => void;
}

interface Batch {
  readonly entries: readonly Entry[];
  readonly confirmed: readonly number[];
  readonly refused: readonly RefusedRecord[];
}

/**
 * One commit is under way at a time; whatever comes meanwhile goes into the next, and what comes to a writer that does
 * nothing is written at once. A commit that fails is made again, after a pause that grows.
 */
export class DiskWriter {
  readonly #options: DiskWriterOptions;
  readonly #holds = new DoubledWait(holds);
  readonly #waiting = new WaitingRecords();
  readonly #confirmed = new Set<number>();
  readonly #refused = new Map<number, RefusedRecord>();
  #state: DiskState = { state: 'ok' };
  /** Resolves with whether the disk has taken it. */
  #underWay: Promise<boolean> | undefined;
  #cancelLinger: (() => void) | undefined;
  #cancelHold: (() => void) | undefined;
  /** Fewer, while the store is asked which record it is that it can't take. */
  #batchRecords = batchRecords;
  #isClosed = false;

  constructor(options: DiskWriterOptions) {
    this.#options = options;
  }

  get state(): DiskState {
    return this.#state;
  }

  /** Not on disk yet. */
  get waiting(): { readonly records: number; readonly bytes: number } {
    return { records: this.#waiting.records, bytes: this.#waiting.bytes };
  }

  /** Records that are through and still on disk. */
  get removals(): number {
    return this.#confirmed.size + this.#refused.size;
  }

  add(entry: Entry): void {
    const reason = this.#state.state === 'ok' ? 'overrun' : 'disk-full';
    for (const gone of this.#waiting.add(entry)) this.#options.onOverrun(gone, reason);
    this.#begin();
  }

  /** A record that is on disk is through, or refused: it comes off. */
  remove(seq: number, refusal?: Omit<RefusedRecord, 'seq'>): void {
    if (refusal === undefined) this.#confirmed.add(seq);
    else this.#refused.set(seq, { seq, ...refusal });
    this.#linger();
  }

  /** A record is through that is not on disk. One that is being written gets there nevertheless. */
  forget(entry: Entry): void {
    if (!this.#waiting.isWritten(entry)) this.#waiting.delete(entry);
  }

  /** Where the disk takes nothing: the next that may go from memory. */
  nextUnstored(): Entry | undefined {
    return this.#state.state === 'ok' ? undefined : this.#waiting.firstUnsent();
  }

  /** Writes what there is; ends when it is written, or when the disk does not take it. */
  async flush(): Promise<void> {
    this.#endHold();
    await this.#underWay;
    while (this.#hasWork) {
      this.#endHold();
      this.#begin();
      if ((await this.#underWay) !== true) return;
    }
  }

  /** Writes nothing more; gives what never got to the disk. */
  close(): Entry[] {
    this.#isClosed = true;
    this.#endHold();
    this.#cancelLinger?.();
    return this.#waiting.clear();
  }

  get #hasWork(): boolean {
    return this.#waiting.records > 0 || this.removals > 0;
  }

  #begin(): void {
    if (this.#isClosed || this.#underWay !== undefined || this.#cancelHold !== undefined || !this.#hasWork) return;
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    this.#underWay = this.#write({
      entries: this.#waiting.beginWriting(this.#batchRecords, batchBytes),
      confirmed: [...this.#confirmed].slice(0, batchRemovals),
      refused: [...this.#refused.values()].slice(0, batchRemovals),
    });
  }

  async #write({ entries, confirmed, refused }: Batch): Promise<boolean> {
    const append = entries.map(({ record }) => record);
    const endWatch = this.#options.clock.after(slowDiskMs, () => this.#enterFailing(slowDisk()));
    try {
      const { seqs } = await this.#options.store.commit({ append, confirmed, refused });
      endWatch();
      this.#endWriting();
      this.#succeed({ entries, confirmed, refused }, seqs);
      return true;
    } catch (error) {
      endWatch();
      this.#endWriting();
      if (errorCode(error) === 'record-refused' && entries.length > 0) return this.#sortOut(entries, error);
      this.#fail(entries, error);
      return false;
    }
  }

  /** One of these can never be stored: each is written alone, until it is found. */
  #sortOut(entries: readonly Entry[], error: unknown): boolean {
    const [entry] = entries;
    if (entries.length === 1 && entry !== undefined) {
      this.#waiting.delete(entry);
      this.#options.onUnstorable(entry, error);
    }
    this.#batchRecords = entries.length === 1 ? batchRecords : 1;
    this.#begin();
    return true;
  }

  #endWriting(): void {
    this.#underWay = undefined;
    this.#waiting.endWriting();
  }

  #succeed({ entries, confirmed, refused }: Batch, seqs: readonly number[]): void {
    for (const [index, entry] of entries.entries()) {
      entry.seq = seqs[index];
      this.#waiting.delete(entry);
    }
    for (const seq of confirmed) this.#confirmed.delete(seq);
    for (const { seq } of refused) this.#refused.delete(seq);
    const wasFailing = this.#state.state === 'failing';
    this.#holds.reset();
    if (wasFailing) this.#enter({ state: 'ok' });
    this.#options.onRemoved([...confirmed, ...refused.map(({ seq }) => seq)]);
    this.#options.onStored(entries, wasFailing);
    if (this.#waiting.records > 0) this.#begin();
    else if (this.removals > 0) this.#linger();
  }

  #fail(entries: readonly Entry[], error: unknown): void {
    for (const entry of entries) {
      if (entry.state === 'confirmed') this.#waiting.delete(entry);
    }
    this.#cancelHold = this.#options.clock.after(this.#holds.next(), () => {
      this.#cancelHold = undefined;
      this.#begin();
    });
    this.#enterFailing(error);
  }

  #enterFailing(error: unknown): void {
    this.#enter(failingDisk(this.#state, error, this.#options.clock.nowMs()));
  }

  #linger(): void {
    this.#cancelLinger ??= this.#options.clock.after(removalLingerMs, () => {
      this.#cancelLinger = undefined;
      this.#begin();
    });
  }

  #enter(state: DiskState): void {
    this.#state = state;
    this.#options.onState(state);
  }

  #endHold(): void {
    this.#cancelHold?.();
    this.#cancelHold = undefined;
  }
}
