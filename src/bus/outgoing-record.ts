/** A message on its way out of the process, and who takes it there. */
import { RoadwatchError } from '../errors.ts';
import type { Topic } from './topics.ts';

/** How urgent a message is: what shows a high risk goes first and is given up last. */
export type RecordUrgency = 'high' | 'normal';

export interface OutgoingRecord {
  readonly topic: Topic;
  /** The camera's id; what has the same key stays in order. */
  readonly key: string;
  /** The message as JSON in UTF-8. */
  readonly value: Buffer;
  /** Names the message for good: readers drop what comes a second time. Goes out as the header `id`. */
  readonly id: string;
  readonly urgency: RecordUrgency;
}

/**
 * Takes records out of the process, in order by key: to a broker, or to a disk from which they get there. `send` resolves
 * when the record can no longer be lost by a crash of this process. It rejects with `record-refused` where the record
 * itself can never be accepted (too large, not authorised; `RecordRefusedError` where the broker says so), and with
 * `sender-closed` after close(). Where a record comes back for any other reason, those of its key that were sent after it
 * come back, too.
 */
export interface RecordSender {
  send(record: OutgoingRecord): Promise<void>;
  /** Waits for what was taken, as long as its limits allow. Safe to call twice. */
  close(): Promise<void>;
}

/** The broker will never take this record, however often it is sent. */
export class RecordRefusedError extends RoadwatchError {
  /** librdkafka's name of the fault, as in `MSG_SIZE_TOO_LARGE`. */
  readonly fault: string;

  constructor(fault: string, message: string) {
    super('record-refused', message);
    this.name = 'RecordRefusedError';
    this.fault = fault;
  }
}
