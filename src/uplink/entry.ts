import type { OutgoingRecord } from '../bus/outgoing-record.ts';
import type { StoredRecord } from './store/outbox-store.ts';

/** Whether a record takes part in what is sent at once, or in what is drained at a measured pace. */
export type Pace = 'live' | 'drained';

/** Why the broker will never take a record. */
export interface Refusal {
  /** librdkafka's name of the fault. */
  readonly code: string;
  readonly message: string;
}

/** A record of the outbox that is in memory. */
export interface Entry {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  readonly pace: Pace;
  /** Its place on the disk; none while it is not there. */
  seq: number | undefined;
  /** `sent`: with the sender; `back`: given back by it, to go again. */
  state: 'unsent' | 'sent' | 'back' | 'confirmed' | 'refused';
  refusal?: Refusal;
  /** Whoever handed it over waits for this; nobody where it was read from the disk. */
  readonly owner?: { readonly accept: () => void; readonly giveUp: (error: Error) => void };
}

/** Key, id and what an object takes. */
const overheadBytes = 256;

export function bytesOf({ value }: OutgoingRecord): number {
  return value.length + overheadBytes;
}

/** An entry of what was read back. */
export function entryOf(record: StoredRecord, pace: Pace): Entry {
  return { record, bytes: bytesOf(record), pace, seq: record.seq, state: 'unsent' };
}
