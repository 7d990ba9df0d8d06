/** Files of the outbox as the service writes them, for tests of what works on them afterwards. */
import { copyFileSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { OutgoingRecord } from '../../src/bus/outgoing-record.ts';
import { ManualClock } from '../../src/time/clock.ts';
import type { OutboxLimits } from '../../src/uplink/store/outbox-database.ts';
import { OutboxKeeper } from '../../src/uplink/store/outbox-keeper.ts';
import type { RefusedRecord } from '../../src/uplink/store/outbox-store.ts';
import type { OutboxAnswer } from '../../src/uplink/store/worker-messages.ts';
import { contentsOf, framesOf } from './outbox-records.ts';

export const plentyOfRoom: OutboxLimits = { maxBytes: 1e9, maxAgeMs: 1e12, maxDeadBytes: 1e9 };

/** A service that has the file, until it is closed. */
export class OutboxWriter {
  readonly clock: ManualClock;
  readonly troubles: string[] = [];
  readonly #keeper: OutboxKeeper;

  constructor(path: string, clock = new ManualClock(), limits = plentyOfRoom) {
    this.clock = clock;
    this.#keeper = new OutboxKeeper({ path, limits }, clock, ({ message }) => this.troubles.push(message));
    this.#keeper.open();
  }

  /** The result are the seqs of what is appended. */
  commit(append: readonly OutgoingRecord[], refused: readonly RefusedRecord[] = []): number[] {
    return this.#ask({ id: 1, name: 'commit', given: { frames: framesOf(append), confirmed: [], refused } });
  }

  /** What waits to be sent, oldest first. */
  get queue(): OutgoingRecord[] {
    const given = { afterSeq: 0, maxRecords: 1_000_000, maxBytes: 1e9 };
    const records = contentsOf(this.#ask<Uint8Array[]>({ id: 1, name: 'read', given }));
    return records.map(({ seq: _seq, storedAtMs: _stored, ...record }) => record);
  }

  close(): void {
    this.#ask({ id: 1, name: 'close', given: {} });
  }

  #ask<Answer>(request: Parameters<OutboxKeeper['handle']>[0][number]): Answer {
    const [answer] = this.#keeper.handle([request]) as [OutboxAnswer];
    if ('fault' in answer) throw new Error(`${answer.fault.code}: ${answer.fault.message}`);
    return answer.answer as Answer;
  }
}

/** Writes a file with these in it, and closes it. The result are their seqs. */
export function writeOutbox(
  path: string,
  append: readonly OutgoingRecord[],
  refused: readonly RefusedRecord[] = [],
): number[] {
  const writer = new OutboxWriter(path);
  const seqs = writer.commit(append);
  writer.commit([], refused);
  writer.close();
  return seqs;
}

/** What a process that ends now leaves behind. */
export function copyAsLeft(path: string, target: string): void {
  for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, target + end);
}

/** Changes a closed file behind its back. */
export function tamper(path: string, sql: string, ...values: readonly unknown[]): void {
  const database = new Database(path);
  database.prepare(sql).run(...values);
  database.close();
}

/** The frame of a record in a closed file. */
export function frameIn(path: string, seq: number): Buffer {
  const database = new Database(path);
  const frame = database.prepare<[number], Buffer>('SELECT frame FROM frames WHERE seq = ?').pluck().get(seq);
  database.close();
  if (frame === undefined) throw new Error(`expected a record ${seq} in ${path}`);
  return frame;
}

/** Turns these bits of a record in a closed file. */
export function turnBits(path: string, seq: number, ...bits: readonly number[]): void {
  const frame = frameIn(path, seq);
  for (const bit of bits) frame.writeUInt8(frame.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
  tamper(path, 'UPDATE frames SET frame = ? WHERE seq = ?', frame, seq);
}
