/**
 * What goes when there is no room: the oldest pictures first, then the oldest messages of normal urgency, high ones last.
 * Called inside a commit.
 */
import type { RecordUrgency } from '../../bus/outgoing-record.ts';
import type { EvictionReason } from '../outbox-status.ts';
import { type QueueRow, type QueueTables, urgencies } from './queue-tables.ts';

/** The reasons for which whole messages go to make room. */
export type RoomReason = Extract<EvictionReason, 'quota' | 'disk-full'>;

export class Evictor {
  readonly #tables: QueueTables;

  constructor(tables: QueueTables) {
    this.#tables = tables;
  }

  /** Lets go of what is oldest until so many bytes are free, or nothing is left; the result is how many are. */
  free(wantedBytes: number, reason: RoomReason): number {
    const before = this.#tables.totals.bytes;
    let freed = 0;
    while (freed < wantedBytes && this.#evictOne(reason)) freed = before - this.#tables.totals.bytes;
    return freed;
  }

  #evictOne(reason: RoomReason): boolean {
    const pictured = this.#oldestPictured();
    if (pictured !== undefined) {
      this.#strip(pictured.row, pictured.lane);
      return true;
    }
    const oldest = this.#tables.oldest('normal') ?? this.#tables.oldest('high');
    if (oldest === undefined) return false;
    this.#tables.evict(oldest.seq, reason);
    return true;
  }

  #strip({ seq }: QueueRow, lane: RecordUrgency): void {
    this.#tables.strip(seq, lane);
    if (lane === 'high') this.#tables.totals.strippedHigh = seq;
    else this.#tables.totals.strippedNormal = seq;
  }

  #oldestPictured(): { readonly row: QueueRow; readonly lane: RecordUrgency } | undefined {
    const found = urgencies.flatMap((lane) => {
      const row = this.#tables.oldestPictured(lane);
      return row === undefined ? [] : { row, lane };
    });
    return found.toSorted((a, b) => a.row.seq - b.row.seq)[0];
  }
}
