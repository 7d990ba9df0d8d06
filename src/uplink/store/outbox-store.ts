/**
 * Where the outbox keeps its records, as the event loop sees it. Calls are answered in the order in which they are made; they
 * reject with a RoadwatchError that says what is wrong. What is handed over in `append` stays whole: it is sent from memory.
 */
import type { OutgoingRecord, RecordUrgency } from '../../bus/outgoing-record.ts';
import type { EvictionCounts } from '../outbox-status.ts';

/** A record on disk. */
export interface StoredRecord extends OutgoingRecord {
  /** Grows by one with each record that is taken, across restarts and repairs; names the record in the store for good. */
  readonly seq: number;
  /** When it was taken, UTC milliseconds. */
  readonly storedAtMs: number;
}

/** A record that the broker will never take, and why. */
export interface RefusedRecord {
  readonly seq: number;
  /** librdkafka's name of the fault, as in `MSG_SIZE_TOO_LARGE`. */
  readonly code: string;
  readonly message: string;
}

/** What one commit writes, all of it or nothing. */
export interface OutboxChange {
  readonly append?: readonly OutgoingRecord[];
  /** Confirmed by the broker: removed. A `seq` that is gone already is no error. */
  readonly confirmed?: readonly number[];
  /** Moved to the dead letters. */
  readonly refused?: readonly RefusedRecord[];
}

export interface OutboxCommit {
  /** Of the appended records, in their order. */
  readonly seqs: readonly number[];
}

/** Which records to read, oldest first. */
export interface OutboxQuery {
  /** Of this urgency alone; of both in one order where it is left out. */
  readonly urgency?: RecordUrgency;
  readonly afterSeq: number;
  readonly maxRecords: number;
  /** At least one record comes, however large. */
  readonly maxBytes: number;
}

/** A record that was refused; its bytes stay on disk. */
export interface DeadLetter {
  readonly seq: number;
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly bytes: number;
  readonly code: string;
  readonly message: string;
  /** UTC milliseconds. */
  readonly refusedAtMs: number;
}

/** Which dead letters; all where nothing is given. */
export interface DeadSelection {
  readonly code?: string;
  readonly topic?: string;
  /** Refused then or later: UTC milliseconds. */
  readonly sinceMs?: number;
}

/** Which dead letters go back to the queue; all where nothing is given. */
export interface ReplaySelection extends DeadSelection {
  readonly ids?: readonly string[];
}

export interface DeadLetterQuery extends DeadSelection {
  readonly afterSeq: number;
  readonly maxRecords: number;
}

/**
 * What there is on disk; carried by every answer, so it costs no call. What is evicted, dropped, quarantined and repaired is
 * counted since the start.
 */
export interface OutboxCounts {
  readonly records: number;
  readonly bytes: number;
  readonly highRecords: number;
  readonly fileBytes: number;
  /** UTC milliseconds; undefined where there is no record. */
  readonly oldestStoredAtMs: number | undefined;
  readonly newestSeq: number;
  readonly evicted: EvictionCounts;
  readonly deadLetters: {
    readonly records: number;
    readonly bytes: number;
    readonly dropped: number;
    /** Of `records`, by the `code` of their refusal; where there are many, as of a few seconds ago. */
    readonly byReason: Readonly<Record<string, number>>;
  };
  readonly quarantined: number;
  readonly repairs: number;
}

export interface OutboxStore {
  /**
   * Resolves when all of it is on the disk (fsync). Keeps the quota: what makes room is counted in `evicted`. Rejects with
   * `disk-full`, `disk-error`, `store-unwritable`, … where the disk takes nothing; then nothing of the change was made. Rejects
   * with `record-refused` where a record can never be stored. On a disk that is getting full, a change of up to 8 MiB finds
   * room as long as anything can go for it.
   */
  commit(change: OutboxChange): Promise<OutboxCommit>;
  /**
   * Records that are damaged are put into the quarantine file, counted, and left out. Without any only where there is no
   * whole record any more.
   */
  read(query: OutboxQuery): Promise<readonly StoredRecord[]>;
  /** Gives up records older than `maxAgeHours` at `nowMs`, a part at a time, and refills the reserve. */
  prune(nowMs: number): Promise<void>;
  /** Dead letters, oldest first, without their values. */
  deadLetters(query: DeadLetterQuery): Promise<readonly DeadLetter[]>;
  /**
   * Moves dead letters back to the queue, each with a new `seq` behind all that is there; resolves with how many. Damaged ones
   * go into the quarantine file.
   */
  replay(selection: ReplaySelection): Promise<number>;
  /** As the last answer told. */
  counts(): OutboxCounts;
  /** Resolves when everything is written and the file is closed. Safe to call twice. */
  close(): Promise<void>;
}
