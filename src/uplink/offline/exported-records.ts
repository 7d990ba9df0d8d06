/** The records of a file as lines, one in memory at a time. */
import { mendFrame } from '../store/mend-frame.ts';
import { contentOf, type FrameContent, isWhole } from '../store/record-frame.ts';
import { quarantineLine, recordLine } from './export-line.ts';
import type { OutboxReading } from './outbox-reading.ts';
import type { ExportPlace } from './places.ts';
import { quarantinedIn, quarantineFiles } from './quarantine-reading.ts';
import { type WalkedRow, walkRecords } from './record-walk.ts';

export interface ExportSelection {
  readonly places: ReadonlySet<ExportPlace>;
  readonly topic?: string;
  /** The records' key. */
  readonly camera?: string;
  /** Of when a record was taken, UTC milliseconds: from this on, and before that. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A line, or what is wrong with a record and where. */
export type Exported = { readonly line: string } | { readonly fault: string };

/** The queue, the dead letters and the quarantine, as far as they are selected. What is broken does not keep the rest. */
export function* exportedRecords(reading: OutboxReading, selection: ExportSelection): Generator<Exported> {
  const isWanted = (row: WalkedRow) => row.place === 'dead' || isInTime(row.storedAtMs, selection);
  for (const walked of walkRecords(reading.tables, selection.places, isWanted)) {
    if ('fault' in walked) {
      const what = walked.seq === undefined ? walked.place : `${walked.place} record ${walked.seq}`;
      yield { fault: `${what}: ${walked.fault}` };
      continue;
    }
    const { row, frame } = walked;
    const whole = isWhole(frame) ? frame : mendFrame(frame);
    if (whole === undefined) {
      yield { fault: `${row.place} record ${row.seq}: its checksum is wrong` };
      continue;
    }
    const record = contentOf(whole);
    if (fits(record, selection)) yield { line: recordLine(row.place, record, whole !== frame) };
  }
  if (selection.places.has('quarantine')) yield* quarantined(reading.path, selection);
}

function* quarantined(path: string, selection: ExportSelection): Generator<Exported> {
  for (const file of quarantineFiles(path)) {
    let number = 0;
    for (const entry of quarantinedIn(file)) {
      number += 1;
      const { facts, record = facts } = entry;
      if (facts === undefined) yield { fault: `${file}:${number}: expected a line of the quarantine` };
      else if (record !== undefined && fits(record, selection)) yield { line: quarantineLine(entry, facts) };
    }
  }
}

/** What nobody knows of a damaged record fits where nothing is asked for. */
function fits(record: Partial<FrameContent>, selection: ExportSelection): boolean {
  const { topic, camera } = selection;
  return (
    (topic === undefined || topic === record.topic) &&
    (camera === undefined || camera === record.key) &&
    isInTime(record.storedAtMs, selection)
  );
}

function isInTime(timeMs: number | undefined, { fromMs, toMs }: ExportSelection): boolean {
  if (fromMs === undefined && toMs === undefined) return true;
  return timeMs !== undefined && timeMs >= (fromMs ?? timeMs) && (toMs === undefined || timeMs < toMs);
}
