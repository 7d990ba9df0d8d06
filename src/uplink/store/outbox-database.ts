/**
 * The outbox as one file: records in and out, quota, age, dead letters. Synchronous: it runs in the store's worker, or in a
 * command while no service runs. See outbox-store.ts for what is promised.
 */
import type { RecordUrgency } from '../../bus/outgoing-record.ts';
import type { Clock } from '../../time/clock.ts';
import { type DamagedFrame, deadPages } from './dead-pages.ts';
import { Evictor, type RoomReason } from './evictor.ts';
import { OutboxFile } from './outbox-file.ts';
import type { DeadSelection, OutboxCounts, OutboxQuery, RefusedRecord, ReplaySelection } from './outbox-store.ts';
import { copyOf, type Totals } from './outbox-totals.ts';
import { type DeadRow, type QueueRow, QueueTables, urgencies } from './queue-tables.ts';
import { framesIn, isWhole } from './record-frame.ts';

/** Beyond what was appended, one commit lets at most so much go: what a lowered limit leaves over goes a part at a time. */
const evictedAtOnceBytes = 8 * 1_048_576;
/** Records that are given up in one commit because of their age. */
const agedAtOnce = 500;
/** One call to `prune` takes about so long at most: what comes meanwhile waits for it. */
const pruneMs = 200;
const replayedAtOnce = 200;
/** A stamp before this is of a clock that was not set yet: such a record is not given up for its age. */
const clockSetMs = Date.UTC(2024, 0, 1);
/** So few records are counted whenever a lane has been read to its end; more of them, at most every `balanceMs`. */
const fewRecords = 1000;
const balanceMs = 60_000;
/** So long the reasons of many dead letters are not counted again. */
const reasonsMs = 5000;
/** The file may be larger than what it holds by this factor: pages are never quite full. */
const maxOvershoot = 2;

export interface OutboxLimits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly maxDeadBytes: number;
}

/** As `OutboxChange`, with the records as frames, one behind the other, that are not stamped yet. */
export interface FramedChange {
  readonly frames: Buffer;
  readonly confirmed: readonly number[];
  readonly refused: readonly RefusedRecord[];
}

export interface OutboxDatabaseOptions {
  readonly limits: OutboxLimits;
  readonly clock: Clock;
  /** Records that are damaged, before they are taken off the queue: `bytes` is what stands in their place. */
  readonly onDamaged: (records: readonly DamagedFrame[]) => void;
}

export class OutboxDatabase {
  readonly file: OutboxFile;
  /** The process that had the file before has not closed it. */
  readonly wasLeftOpen: boolean;
  readonly #options: OutboxDatabaseOptions;
  readonly #tables: QueueTables;
  readonly #evictor: Evictor;
  #balancedAtMs = Number.NEGATIVE_INFINITY;
  #reasons = { of: '', atMs: Number.NEGATIVE_INFINITY, counts: {} as Readonly<Record<string, number>> };

  /** Opens or makes the file. Throws what SQLite throws, and RoadwatchError `store-newer` and `store-damaged`. */
  constructor(path: string, options: OutboxDatabaseOptions) {
    this.#options = options;
    this.file = new OutboxFile(path, { maxFileBytes: maxFileBytes(options.limits) });
    try {
      this.#tables = new QueueTables(this.file.database, path);
      this.#evictor = new Evictor(this.#tables);
      this.wasLeftOpen = this.totals.isOpen;
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /** Writes down that it is open, so that the next one knows of an end that was not clean. */
  markOpen(): void {
    if (this.totals.isOpen) return;
    this.write(({ totals }) => {
      totals.isOpen = true;
    });
    // In the file itself: the log may get lost.
    this.file.shrinkLog();
  }

  get totals(): Readonly<Totals> {
    return this.#tables.totals;
  }

  /** Runs `change` in one commit, with the totals; nothing of it is made where it throws. */
  write<Result>(change: (tables: QueueTables) => Result): Result {
    const before = this.#tables.totals;
    this.#tables.totals = copyOf(before);
    try {
      return this.file.commit(() => {
        const result = change(this.#tables);
        this.#tables.saveTotals();
        return result;
      });
    } catch (error) {
      this.#tables.totals = before;
      throw error;
    }
  }

  /** All changes in one commit; of each, the seqs of its records. */
  commit(changes: readonly FramedChange[]): number[][] {
    const nowMs = this.#options.clock.nowMs();
    return this.write((tables) => {
      const seqs = changes.map(({ frames, confirmed, refused }) => {
        for (const seq of confirmed) tables.remove(seq);
        for (const record of refused) tables.refuse(record, nowMs);
        return framesIn(frames).map((frame) => tables.append(frame, nowMs));
      });
      const appended = changes.reduce((sum, { frames }) => sum + frames.length, 0);
      this.#keepQuota(appended + evictedAtOnceBytes);
      this.#keepDeadQuota();
      return seqs;
    });
  }

  /** Lets go of what is oldest, in one commit, until so many bytes are free inside the file; the result is how many are. */
  makeRoom(bytes: number, reason: RoomReason): number {
    return this.write(() => this.#evictor.free(bytes, reason));
  }

  /** The frames of what was asked for, whole and in order. Throws `store-damaged` where records are missing. */
  read(query: OutboxQuery): Buffer[] {
    for (let { afterSeq } = query; ; ) {
      const rows = this.#rows({ ...query, afterSeq });
      const isEnd = rows.length < query.maxRecords;
      const { frames, bad, lastSeq } = this.#framesOf(rows, query.maxBytes);
      if (bad.length > 0) this.#putAway(bad);
      if (isEnd) this.#balance();
      if (frames.length > 0 || lastSeq === undefined) return frames;
      afterSeq = lastSeq;
    }
  }

  /** Lets some of what is too old or too much go, and gives room back to the disk. */
  prune(nowMs: number): void {
    const { clock, limits } = this.#options;
    const startMs = clock.monotonicMs();
    while (clock.monotonicMs() - startMs < pruneMs) {
      const aged = urgencies.flatMap((lane) => this.#aged(lane, nowMs - limits.maxAgeMs));
      const { bytes, deadBytes } = this.totals;
      if (aged.length === 0 && bytes <= limits.maxBytes && deadBytes <= limits.maxDeadBytes) break;
      this.write((tables) => {
        for (const { seq } of aged) tables.evict(seq, 'age');
        this.#keepQuota(evictedAtOnceBytes);
        this.#keepDeadQuota();
      });
    }
    this.file.giveBack();
  }

  deadLetters(selection: DeadSelection, afterSeq: number, limit: number): DeadRow[] {
    return this.#tables.dead(selection, afterSeq, limit);
  }

  /** A record's or dead letter's bytes, whole or not. Throws `store-damaged` where there are none. */
  frame(seq: number): Buffer {
    return this.#tables.frame(seq);
  }

  /** Moves dead letters back to the queue, each with a new seq; the result is how many. */
  replay(selection: ReplaySelection): number {
    const nowMs = this.#options.clock.nowMs();
    let replayed = 0;
    for (const { whole, damaged: bad } of deadPages(this.#tables, selection, replayedAtOnce)) {
      if (bad.length > 0) this.#putAwayDead(bad);
      this.write((tables) => {
        for (const { seq } of whole) tables.replay(seq, nowMs);
        this.#keepQuota(evictedAtOnceBytes);
      });
      replayed += whole.length;
    }
    return replayed;
  }

  /** Throws `store-damaged` where the tables do not hold what the totals say. */
  expectBalance(): void {
    this.#tables.expectBalance();
  }

  counts(): OutboxCounts {
    const { totals } = this;
    const stamps = urgencies.flatMap((lane) => this.#tables.oldest(lane)?.storedAtMs ?? []);
    return {
      records: totals.records,
      bytes: totals.bytes,
      highRecords: totals.highRecords,
      fileBytes: this.file.fileBytes,
      oldestStoredAtMs: stamps.length === 0 ? undefined : Math.min(...stamps),
      newestSeq: totals.newestSeq,
      evicted: totals.evicted,
      deadLetters: {
        records: totals.deadRecords,
        bytes: totals.deadBytes,
        dropped: totals.deadDropped,
        byReason: this.#deadByReason(),
      },
      quarantined: totals.quarantined,
      repairs: totals.repairs,
    };
  }

  /** Leaves one file, without a log. Safe to call twice. */
  close(): void {
    if (this.file.database.open && this.totals.isOpen) this.#markClosed();
    this.file.close();
  }

  /** A disk that has no room for it costs the next one a look at the whole file. */
  #markClosed(): void {
    try {
      this.write(({ totals }) => {
        totals.isOpen = false;
      });
    } catch {}
  }

  #rows({ urgency, afterSeq, maxRecords }: OutboxQuery): QueueRow[] {
    const lanes: readonly RecordUrgency[] = urgency === undefined ? urgencies : [urgency];
    const rows = lanes.flatMap((lane) => this.#tables.page(lane, afterSeq, maxRecords));
    return rows.sort((a, b) => a.seq - b.seq).slice(0, maxRecords);
  }

  #framesOf(rows: readonly QueueRow[], maxBytes: number) {
    const frames: Buffer[] = [];
    const bad: DamagedFrame[] = [];
    let bytes = 0;
    let lastSeq: number | undefined;
    for (const row of rows) {
      if (frames.length > 0 && bytes + row.bytes > maxBytes) break;
      const frame = this.#tables.frame(row.seq);
      lastSeq = row.seq;
      if (isWhole(frame)) {
        frames.push(frame);
        bytes += frame.length;
      } else {
        bad.push({ seq: row.seq, bytes: frame });
      }
    }
    return { frames, bad, lastSeq };
  }

  #putAway(bad: readonly DamagedFrame[]): void {
    this.#options.onDamaged(bad);
    this.write((tables) => {
      for (const { seq } of bad) tables.evict(seq, 'corrupt');
      tables.totals.quarantined += bad.length;
    });
  }

  #balance(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.totals.records > fewRecords && nowMs - this.#balancedAtMs < balanceMs) return;
    this.#balancedAtMs = nowMs;
    this.expectBalance();
  }

  #deadByReason(): Readonly<Record<string, number>> {
    const { deadRecords, deadBytes, deadDropped } = this.totals;
    const of = `${deadRecords} ${deadBytes} ${deadDropped}`;
    const atMs = this.#options.clock.monotonicMs();
    const isRecent = deadRecords > fewRecords && atMs - this.#reasons.atMs < reasonsMs;
    if (of !== this.#reasons.of && !isRecent) this.#reasons = { of, atMs, counts: this.#tables.deadByReason() };
    return this.#reasons.counts;
  }

  #aged(lane: RecordUrgency, beforeMs: number): QueueRow[] {
    return this.#tables
      .page(lane, 0, agedAtOnce)
      .filter(({ storedAtMs }) => storedAtMs < beforeMs && storedAtMs >= clockSetMs);
  }

  #keepQuota(atMostBytes: number): void {
    const surplus = this.totals.bytes - this.#options.limits.maxBytes;
    if (surplus > 0) this.#evictor.free(Math.min(surplus, atMostBytes), 'quota');
  }

  #keepDeadQuota(): void {
    while (this.totals.deadBytes > this.#options.limits.maxDeadBytes) {
      const [oldest] = this.#tables.dead({}, 0, 1);
      if (oldest === undefined) return;
      this.#tables.removeDead(oldest.seq);
      this.#tables.totals.deadDropped += 1;
    }
  }

  #putAwayDead(bad: readonly DamagedFrame[]): void {
    this.#options.onDamaged(bad);
    this.write((tables) => {
      for (const { seq } of bad) tables.removeDead(seq);
      tables.totals.evicted.corrupt += bad.length;
      tables.totals.quarantined += bad.length;
    });
  }
}

/** What the file may take at most. */
export function maxFileBytes({ maxBytes, maxDeadBytes }: OutboxLimits): number {
  return (maxBytes + maxDeadBytes) * maxOvershoot;
}
