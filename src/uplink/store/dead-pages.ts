import type { ReplaySelection } from './outbox-store.ts';
import type { DeadRow, QueueTables } from './queue-tables.ts';
import { contentOf, isWhole } from './record-frame.ts';

/** What stands in a record's place where its frame is damaged. */
export interface DamagedFrame {
  readonly seq: number;
  readonly bytes: Buffer;
}

export interface DeadPage {
  readonly whole: readonly DeadRow[];
  /** What these were nobody can say: only a selection without `ids` has them. */
  readonly damaged: readonly DamagedFrame[];
}

/**
 * The dead letters of a selection, oldest first, so many looked at for each page: a page may be empty. They may be removed
 * between two pages; what is refused meanwhile comes, too. Throws `store-damaged` where bytes are missing.
 */
export function* deadPages(tables: QueueTables, selection: ReplaySelection, pageRows: number): Generator<DeadPage> {
  const ids = selection.ids && new Set(selection.ids);
  for (let afterSeq = 0; ; ) {
    const rows = tables.dead(selection, afterSeq, pageRows);
    const last = rows.at(-1);
    if (last === undefined) return;
    afterSeq = last.seq;
    const whole: DeadRow[] = [];
    const damaged: DamagedFrame[] = [];
    for (const row of rows) {
      const bytes = tables.frame(row.seq);
      if (!isWhole(bytes)) damaged.push({ seq: row.seq, bytes });
      else if (ids === undefined || ids.has(contentOf(bytes).id)) whole.push(row);
    }
    yield { whole, damaged: ids === undefined ? damaged : [] };
  }
}
