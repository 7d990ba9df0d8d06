/** Goes through all records of a file, one in memory at a time, whatever is broken on the way. */
import type { RecordUrgency } from '../../bus/outgoing-record.ts';
import { errorMessage } from '../../errors.ts';
import { type DeadRow, type QueueRow, type QueueTables, urgencies } from '../store/queue-tables.ts';
import type { TablePlace } from './places.ts';

/** Rows that are looked up at a time. */
const pageRows = 500;

/** A record's row in its table. */
export type WalkedRow =
  | (QueueRow & { readonly place: 'queue'; readonly urgency: RecordUrgency })
  | (DeadRow & { readonly place: 'dead' });

export type Walked =
  | { readonly row: WalkedRow; readonly frame: Buffer }
  /** The frame cannot be read; without `seq`: nor can any other row behind there. */
  | { readonly place: TablePlace; readonly seq?: number; readonly fault: string };

/** The queue's records, high ones first, and then the dead letters; of each kind the oldest first. */
export function* walkRecords(
  tables: QueueTables,
  places: ReadonlySet<string>,
  isWanted: (row: WalkedRow) => boolean = () => true,
): Generator<Walked> {
  if (places.has('queue')) {
    for (const urgency of urgencies.toReversed()) {
      yield* walkTable(tables, 'queue', isWanted, (afterSeq) =>
        tables.page(urgency, afterSeq, pageRows).map((row) => ({ ...row, place: 'queue', urgency })),
      );
    }
  }
  if (places.has('dead')) {
    yield* walkTable(tables, 'dead', isWanted, (afterSeq) =>
      tables.dead({}, afterSeq, pageRows).map((row) => ({ ...row, place: 'dead' })),
    );
  }
}

function* walkTable(
  tables: QueueTables,
  place: TablePlace,
  isWanted: (row: WalkedRow) => boolean,
  pageAfter: (afterSeq: number) => WalkedRow[],
): Generator<Walked> {
  for (let afterSeq = 0; ; ) {
    let rows: WalkedRow[];
    try {
      rows = pageAfter(afterSeq);
    } catch (error) {
      yield { place, fault: `the list cannot be read behind seq ${afterSeq}: ${errorMessage(error)}` };
      return;
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
    for (const row of rows) {
      if (isWanted(row)) yield walkedOf(tables, row);
    }
  }
}

function walkedOf(tables: QueueTables, row: WalkedRow): Walked {
  try {
    return { row, frame: tables.frame(row.seq) };
  } catch (error) {
    return { place: row.place, seq: row.seq, fault: errorMessage(error) };
  }
}
