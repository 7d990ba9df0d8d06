import type { RecordUrgency } from '../bus/outgoing-record.ts';

/** How many records on disk came after the boundary between what is drained and what is live. */
export class LiveCount {
  #boundary = 0;
  #records = 0;
  #high = 0;

  get records(): number {
    return this.#records;
  }

  get high(): number {
    return this.#high;
  }

  /** A record got to the disk (1), or is off it (-1). */
  add(seq: number, urgency: RecordUrgency, change: 1 | -1): void {
    if (seq <= this.#boundary) return;
    this.#records += change;
    if (urgency === 'high') this.#high += change;
  }

  /** What came up to `boundary` is live no more. */
  restartAt(boundary: number): void {
    if (boundary === this.#boundary) return;
    this.#boundary = boundary;
    this.#records = 0;
    this.#high = 0;
  }
}
