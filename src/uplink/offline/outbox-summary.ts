/** What there is in a file of the outbox. */
import type { EvictionCounts } from '../outbox-status.ts';
import { type Sums, urgencies } from '../store/queue-tables.ts';
import { frameHead, frameHeadBytes } from '../store/record-frame.ts';
import type { OutboxReading } from './outbox-reading.ts';
import { quarantineSums } from './quarantine-reading.ts';
import { walkRecords } from './record-walk.ts';

export interface OutboxSummary {
  /** The process that had it last did not close it. */
  readonly wasLeftOpen: boolean;
  readonly records: number;
  /** What they hold, pictures included. */
  readonly bytes: number;
  /** UTC milliseconds; none where there is no record. */
  readonly oldestStoredAtMs: number | undefined;
  readonly byUrgency: { readonly high: Sums; readonly normal: Sums };
  /** Of the records that can be read; only where it was asked for. */
  readonly byTopic?: Readonly<Record<string, Sums>>;
  readonly deadLetters: Sums & { readonly dropped: number; readonly byReason: Readonly<Record<string, number>> };
  readonly quarantine: Sums;
  /** Given up since the file was begun. */
  readonly evicted: EvictionCounts;
  readonly fileBytes: number;
}

/** Reads all small rows; with `withTopics` every record. Throws RoadwatchError where the rows are damaged. */
export function summarize(reading: OutboxReading, { withTopics }: { readonly withTopics: boolean }): OutboxSummary {
  const { tables, totals } = reading;
  const byUrgency = { high: tables.sums('high'), normal: tables.sums('normal') };
  const stamps = urgencies.flatMap((urgency) => tables.oldest(urgency)?.storedAtMs ?? []);
  return {
    wasLeftOpen: totals.isOpen,
    ...sumOf(Object.values(byUrgency)),
    oldestStoredAtMs: stamps.length === 0 ? undefined : Math.min(...stamps),
    byUrgency,
    ...(withTopics ? { byTopic: sumsByTopic(reading) } : {}),
    deadLetters: {
      ...tables.deadSums(),
      dropped: totals.deadDropped,
      byReason: tables.deadByReason(),
    },
    quarantine: quarantineSums(reading.path),
    evicted: totals.evicted,
    fileBytes: reading.fileBytes,
  };
}

function sumsByTopic({ tables }: OutboxReading): Record<string, Sums> {
  const sums = new Map<string, Sums>();
  for (const walked of walkRecords(tables, new Set(['queue']))) {
    const head = 'frame' in walked ? frameHead(walked.frame) : undefined;
    if (head === undefined || !('frame' in walked)) continue;
    const topic = walked.frame.toString('utf8', frameHeadBytes, frameHeadBytes + head.topicBytes);
    sums.set(topic, sumOf([sums.get(topic) ?? { records: 0, bytes: 0 }, { records: 1, bytes: head.frameBytes }]));
  }
  return Object.fromEntries(sums);
}

function sumOf(parts: readonly Sums[]): Sums {
  return {
    records: parts.reduce((sum, { records }) => sum + records, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
