/** The outbox's tables, a row at a time. Everything that writes is called inside a commit, and keeps `totals` in step. */
import type Database from 'better-sqlite3';
import type { RecordUrgency } from '../../bus/outgoing-record.ts';
import type { Topic } from '../../bus/topics.ts';
import { mayHavePictures, withoutPictures } from '../../bus/without-pictures.ts';
import type { EvictionReason } from '../outbox-status.ts';
import { damaged } from './outbox-file.ts';
import type { DeadSelection, RefusedRecord } from './outbox-store.ts';
import { outboxForm } from './outbox-tables.ts';
import { emptyTotals, readTotals, type Totals, writeTotals } from './outbox-totals.ts';
import { contentOf, frameHead, frameHeadBytes, frameOf, isWhole, stampFrame } from './record-frame.ts';

export interface QueueRow {
  readonly seq: number;
  readonly bytes: number;
  readonly storedAtMs: number;
}

export interface DeadRow {
  readonly seq: number;
  readonly bytes: number;
  readonly refusedAtMs: number;
  readonly code: string;
  readonly topic: string;
}

/** How many, and what their frames take. */
export interface Sums {
  readonly records: number;
  readonly bytes: number;
}

export const urgencies = ['normal', 'high'] as const satisfies readonly RecordUrgency[];

/** A message without pictures is not read to look for any. */
const leastPictureBytes = 1024;
const stateId = 1;
const noSums: Sums = { records: 0, bytes: 0 };

interface Lane {
  readonly add: Database.Statement<[number, number, number, number]>;
  readonly remove: Database.Statement<[number], number>;
  readonly page: Database.Statement<[number, number], QueueRow>;
  readonly pictured: Database.Statement<[number], QueueRow>;
  readonly resize: Database.Statement<[number, number]>;
  readonly count: Database.Statement<[], Sums>;
}

export class QueueTables {
  readonly #path: string;
  readonly #database: Database.Database;
  readonly #lanes: Readonly<Record<RecordUrgency, Lane>>;
  readonly #addFrame: Database.Statement<[number, Buffer]>;
  readonly #frame: Database.Statement<[number], Buffer>;
  readonly #replaceFrame: Database.Statement<[Buffer, number]>;
  readonly #removeFrame: Database.Statement<[number]>;
  readonly #addDead: Database.Statement<[number, number, number, string, string]>;
  readonly #removeDead: Database.Statement<[number], number>;
  readonly #saveTotals: Database.Statement<[number, Buffer]>;
  totals: Totals;

  /** Unless `totals` are given, throws `store-damaged` where they are not as they were written. */
  constructor(database: Database.Database, path: string, totals: Totals = storedTotals(database, path)) {
    this.#path = path;
    this.#database = database;
    this.#lanes = { normal: laneOf(database, 'normal'), high: laneOf(database, 'high') };
    this.#addFrame = database.prepare('INSERT INTO frames (seq, frame) VALUES (?, ?)');
    this.#frame = database.prepare<[number], Buffer>('SELECT frame FROM frames WHERE seq = ?').pluck();
    this.#replaceFrame = database.prepare('UPDATE frames SET frame = ? WHERE seq = ?');
    this.#removeFrame = database.prepare('DELETE FROM frames WHERE seq = ?');
    this.#addDead = database.prepare(
      'INSERT INTO dead (seq, refused_at_ms, bytes, code, topic) VALUES (?, ?, ?, ?, ?)',
    );
    this.#removeDead = database.prepare<[number], number>('DELETE FROM dead WHERE seq = ? RETURNING bytes').pluck();
    this.#saveTotals = database.prepare('INSERT OR REPLACE INTO state (id, totals) VALUES (?, ?)');
    this.totals = totals;
  }

  /** Adds the frame of a record, which it stamps; the result is its seq. */
  append(frame: Buffer, storedAtMs: number): number {
    const seq = this.totals.newestSeq + 1;
    stampFrame(frame, { seq, storedAtMs, lowSeq: this.totals.lowSeq });
    this.put(frame);
    return seq;
  }

  /** Adds a stamped frame under its own seq, among the dead letters where it is one. */
  put(frame: Buffer): void {
    const head = frameHead(frame);
    if (head === undefined) throw damaged(this.#path, 'expected a record, found none');
    const { seq, storedAtMs, isHigh, isDead } = head;
    this.#addFrame.run(seq, frame);
    this.totals.newestSeq = Math.max(seq, this.totals.newestSeq);
    if (isDead) {
      this.#putDead(frame);
      return;
    }
    const lane = isHigh ? 'high' : 'normal';
    const topic = frame.toString('utf8', frameHeadBytes, frameHeadBytes + head.topicBytes) as Topic;
    const pictures = mayHavePictures(topic) && frame.length >= leastPictureBytes;
    this.#lanes[lane].add.run(seq, storedAtMs, frame.length, pictures ? 1 : 0);
    this.#count(lane, 1, frame.length);
  }

  /** Whether there is a record or a dead letter of this seq. */
  has(seq: number): boolean {
    return this.#frame.get(seq) !== undefined;
  }

  /** Takes a record off the queue, if it is there. */
  remove(seq: number): boolean {
    if (!this.#removeRow(seq)) return false;
    this.#removeFrame.run(seq);
    return true;
  }

  /** Takes a record off the queue and counts why. */
  evict(seq: number, reason: EvictionReason): void {
    if (this.remove(seq)) this.totals.evicted[reason] += 1;
  }

  /** Moves a record to the dead letters, if it is there. */
  refuse({ seq, code, message }: RefusedRecord, nowMs: number): void {
    const frame = this.#frame.get(seq);
    if (!this.#removeRow(seq)) return;
    this.#removeFrame.run(seq);
    if (frame === undefined || !isWhole(frame)) throw damaged(this.#path, `record ${seq} cannot be read`);
    const record = contentOf(frame);
    this.put(frameOf(record, { ...record, lowSeq: this.totals.lowSeq }, { code, message, refusedAtMs: nowMs }));
  }

  /** Moves a dead letter whose frame is whole back to the queue, behind all that is there. */
  replay(seq: number, nowMs: number): void {
    const { refusal: _, ...record } = contentOf(this.frame(seq));
    this.removeDead(seq);
    this.append(frameOf(record, { seq, storedAtMs: nowMs, lowSeq: this.totals.lowSeq }), nowMs);
  }

  removeDead(seq: number): void {
    const bytes = this.#removeDead.get(seq);
    if (bytes === undefined) return;
    this.#removeFrame.run(seq);
    this.totals.deadRecords -= 1;
    this.totals.deadBytes -= bytes;
  }

  /**
   * Takes the pictures out of a record. Its row says afterwards that there are none, also where there were none to take;
   * the result is whether there were.
   */
  strip(seq: number, lane: RecordUrgency): boolean {
    const frame = this.frame(seq);
    const record = isWhole(frame) ? contentOf(frame) : undefined;
    const value = record && withoutPictures(record.topic, record.value);
    if (record === undefined || value === undefined) {
      this.#lanes[lane].resize.run(frame.length, seq);
      return false;
    }
    const lean = frameOf({ ...record, value }, { ...record, lowSeq: this.totals.lowSeq });
    this.#replaceFrame.run(lean, seq);
    this.#lanes[lane].resize.run(lean.length, seq);
    this.totals.bytes += lean.length - frame.length;
    this.totals.evicted.pictures += 1;
    return true;
  }

  /** The bytes of a record that has a row. Throws `store-damaged` where there are none, or those of another one. */
  frame(seq: number): Buffer {
    const frame = this.#frame.get(seq);
    if (frame === undefined || frameHead(frame)?.seq !== seq) throw damaged(this.#path, `record ${seq} is missing`);
    return frame;
  }

  /** Rows of a lane, oldest first. */
  page(lane: RecordUrgency, afterSeq: number, limit: number): QueueRow[] {
    return this.#lanes[lane].page.all(afterSeq, limit);
  }

  /** The oldest record of a lane. */
  oldest(lane: RecordUrgency): QueueRow | undefined {
    return this.#lanes[lane].page.get(0, 1);
  }

  /** The oldest record of a lane that has pictures. */
  oldestPictured(lane: RecordUrgency): QueueRow | undefined {
    return this.#lanes[lane].pictured.get(lane === 'high' ? this.totals.strippedHigh : this.totals.strippedNormal);
  }

  /** Dead letters, oldest first. */
  dead({ code, topic, sinceMs }: DeadSelection, afterSeq: number, limit: number): DeadRow[] {
    return this.#database
      .prepare<unknown[], DeadRow>(
        `SELECT seq, bytes, refused_at_ms AS refusedAtMs, code, topic FROM dead
         WHERE seq > ? AND code = coalesce(?, code) AND topic = coalesce(?, topic)
           AND refused_at_ms >= coalesce(?, refused_at_ms) ORDER BY seq LIMIT ?`,
      )
      .all(afterSeq, code ?? null, topic ?? null, sinceMs ?? null, limit);
  }

  /** What the rows of a lane come to. Reads them all. */
  sums(lane: RecordUrgency): Sums {
    return this.#lanes[lane].count.get() ?? noSums;
  }

  /** What all dead letters come to. Reads all their rows, as the next one does. */
  deadSums(): Sums {
    return this.#sum('SELECT count(*) AS records, total(bytes) AS bytes FROM dead');
  }

  /** How many dead letters there are by what the broker said, most of a kind first. */
  deadByReason(): Record<string, number> {
    const rows = this.#database
      .prepare<[], [string, number]>(
        'SELECT code, count(*) AS records FROM dead GROUP BY code ORDER BY records DESC, code',
      )
      .raw()
      .all();
    return Object.fromEntries(rows);
  }

  /** To be called last in each commit. */
  saveTotals(): void {
    this.totals.commits += 1;
    const oldest = urgencies.flatMap((lane) => this.oldest(lane)?.seq ?? []);
    this.totals.lowSeq = oldest.length === 0 ? this.totals.newestSeq + 1 : Math.min(...oldest);
    this.#saveTotals.run(stateId, writeTotals(this.totals));
  }

  /** Throws `store-damaged` where the tables do not hold what the totals say. Reads all small rows. */
  expectBalance(): void {
    const { records, bytes, highRecords, deadRecords, deadBytes } = this.totals;
    const normal = this.sums('normal');
    const high = this.sums('high');
    const dead = this.deadSums();
    const frames = this.#sum('SELECT count(*) AS records, 0 AS bytes FROM frames');
    const found = [
      normal.records + high.records,
      normal.bytes + high.bytes,
      high.records,
      dead.records,
      dead.bytes,
      frames.records,
    ];
    const expected = [records, bytes, highRecords, deadRecords, deadBytes, records + deadRecords];
    if (found.some((value, index) => value !== expected[index])) {
      throw damaged(this.#path, `expected ${expected.join(', ')} by its totals, found ${found.join(', ')}`);
    }
  }

  #sum(sql: string): Sums {
    return this.#database.prepare<[], Sums>(sql).get() ?? noSums;
  }

  #removeRow(seq: number): boolean {
    for (const lane of urgencies) {
      const bytes = this.#lanes[lane].remove.get(seq);
      if (bytes === undefined) continue;
      this.#count(lane, -1, -bytes);
      return true;
    }
    return false;
  }

  #putDead(frame: Buffer): void {
    const { seq, topic, refusal } = contentOf(frame);
    if (refusal === undefined) return;
    this.#addDead.run(seq, refusal.refusedAtMs, frame.length, refusal.code, topic);
    this.totals.deadRecords += 1;
    this.totals.deadBytes += frame.length;
  }

  #count(lane: RecordUrgency, records: number, bytes: number): void {
    this.totals.records += records;
    this.totals.bytes += bytes;
    if (lane === 'high') this.totals.highRecords += records;
  }
}

/** The totals as the file has them. Throws `store-damaged` where they cannot be read. */
export function storedTotals(database: Database.Database, path: string): Totals {
  const bytes = database.prepare<[number], Buffer>('SELECT totals FROM state WHERE id = ?').pluck().get(stateId);
  const isEmpty = () => database.prepare('SELECT seq FROM frames LIMIT 1').get() === undefined;
  if (bytes === undefined && isEmpty()) return emptyTotals(outboxForm);
  const totals = bytes === undefined ? undefined : readTotals(bytes);
  if (totals === undefined) throw damaged(path, 'its totals cannot be read');
  return totals;
}

function laneOf(database: Database.Database, table: RecordUrgency): Lane {
  return {
    add: database.prepare(`INSERT INTO ${table} (seq, stored_at_ms, bytes, pictures) VALUES (?, ?, ?, ?)`),
    remove: database.prepare<[number], number>(`DELETE FROM ${table} WHERE seq = ? RETURNING bytes`).pluck(),
    page: database.prepare(
      `SELECT seq, bytes, stored_at_ms AS storedAtMs FROM ${table} WHERE seq > ? ORDER BY seq LIMIT ?`,
    ),
    pictured: database.prepare(
      `SELECT seq, bytes, stored_at_ms AS storedAtMs FROM ${table} WHERE seq > ? AND pictures = 1 ORDER BY seq LIMIT 1`,
    ),
    resize: database.prepare(`UPDATE ${table} SET bytes = ?, pictures = 0 WHERE seq = ?`),
    count: database.prepare(`SELECT count(*) AS records, total(bytes) AS bytes FROM ${table}`),
  };
}
