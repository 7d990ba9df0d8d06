import type { RecordSender } from '../bus/outgoing-record.ts';
import type { Config } from '../config/schema.ts';
import type { RepeatedLines } from '../log.ts';
import type { Clock } from '../time/clock.ts';
import type { Random } from '../time/random.ts';

/** What the configuration says of the outbox. */
export type OutboxSettings = Pick<
  Config['uplink'],
  'outboxPath' | 'maxMegabytes' | 'maxAgeHours' | 'drainMessagesPerSecond' | 'deadLetterMegabytes'
>;

export interface OutboxOptions {
  readonly settings: OutboxSettings;
  /** Takes records to the broker; resolves when that has them. Stays open when the outbox is closed: its owner closes it. */
  readonly sender: RecordSender;
  readonly clock: Clock;
  readonly random: Random;
  /** Where faults of the disk and the link, and what is given up, are said; bounded in number by itself. */
  readonly lines: Pick<RepeatedLines, 'write'>;
  /** How long close() may take in all. Default 400. */
  readonly closeLimitMs?: number;
  /** The store worker's file, for tests that run from sources. */
  readonly workerFile?: URL;
}
