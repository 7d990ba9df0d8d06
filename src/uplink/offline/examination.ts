/** Whether a file of the outbox is as it was written. */
import { errorMessage } from '../../errors.ts';
import { mendFrame } from '../store/mend-frame.ts';
import { contentOf, isWhole } from '../store/record-frame.ts';
import type { OutboxReading } from './outbox-reading.ts';
import type { TablePlace } from './places.ts';
import { type WalkedRow, walkRecords } from './record-walk.ts';

/** SQLite finds more and more behind the first. */
const maxStructureFaults = 20;

export interface Finding {
  /** SQLite's own structures, what the file says of itself as a whole, or a record. */
  readonly where: 'structure' | 'totals' | TablePlace;
  /** Of a record; none where a list of them ends too early. */
  readonly seq?: number;
  readonly what: string;
}

/** Looks through a file in pages: memory does not grow with it. */
export class Examination {
  readonly #reading: OutboxReading;
  #records = 0;
  #deadLetters = 0;
  #bytes = 0;

  constructor(reading: OutboxReading) {
    this.#reading = reading;
  }

  /** Frames that were read so far, whole or not. */
  get read(): { readonly records: number; readonly deadLetters: number; readonly bytes: number } {
    return { records: this.#records, deadLetters: this.#deadLetters, bytes: this.#bytes };
  }

  /** All that is wrong. `isQuick`: the records themselves are not read. */
  *findings(isQuick: boolean): Generator<Finding> {
    yield* this.#structure();
    yield* this.#totals();
    if (!isQuick) yield* this.#frames();
  }

  *#structure(): Generator<Finding> {
    try {
      for (const what of this.#reading.structureFaults(maxStructureFaults)) yield { where: 'structure', what };
    } catch (error) {
      yield { where: 'structure', what: errorMessage(error) };
    }
  }

  *#totals(): Generator<Finding> {
    const { tables, totalsFault } = this.#reading;
    if (totalsFault !== undefined) {
      yield { where: 'totals', what: totalsFault.message };
      return;
    }
    try {
      tables.expectBalance();
    } catch (error) {
      yield { where: 'totals', what: errorMessage(error) };
    }
  }

  *#frames(): Generator<Finding> {
    for (const walked of walkRecords(this.#reading.tables, new Set(['queue', 'dead']))) {
      if ('fault' in walked) {
        const { place: where, fault: what, ...rest } = walked;
        yield { where, what, ...rest };
        continue;
      }
      const { row, frame } = walked;
      if (row.place === 'queue') this.#records += 1;
      else this.#deadLetters += 1;
      this.#bytes += frame.length;
      const what = frameFault(row, frame);
      if (what !== undefined) yield { where: row.place, seq: row.seq, what };
    }
  }
}

function frameFault(row: WalkedRow, frame: Buffer): string | undefined {
  if (!isWhole(frame)) {
    return `its checksum is wrong${mendFrame(frame) === undefined ? '' : ': one bit has turned'}`;
  }
  const { storedAtMs, urgency, topic, refusal } = contentOf(frame);
  const found =
    row.place === 'queue'
      ? [frame.length, refusal === undefined, storedAtMs, urgency]
      : [frame.length, refusal !== undefined, refusal?.refusedAtMs, refusal?.code, topic];
  const expected =
    row.place === 'queue'
      ? [row.bytes, true, row.storedAtMs, row.urgency]
      : [row.bytes, true, row.refusedAtMs, row.code, row.topic];
  const isSame = expected.every((value, index) => value === found[index]);
  return isSame ? undefined : `its row says ${expected.join(', ')}, the record itself ${found.join(', ')}`;
}
