import type { Entry } from './entry.ts';

/** What is kept of the newest records, so that they need not be read back. */
const maxRecords = 1000;
const maxBytes = 8 * 1_048_576;

/**
 * The newest records on disk that are not sent yet, in memory: all that came after `afterSeq`. Bounded: the oldest are
 * forgotten, and are read from the disk when it is their turn.
 */
export class FreshRecords {
  readonly #entries: Entry[] = [];
  #bytes = 0;
  #afterSeq: number;
  #newestSeq: number;

  constructor(newestSeq: number) {
    this.#afterSeq = newestSeq;
    this.#newestSeq = newestSeq;
  }

  /** What is on disk up to here has to be read from there. */
  get afterSeq(): number {
    return this.#afterSeq;
  }

  /** Of everything that ever got to the disk. */
  get newestSeq(): number {
    return this.#newestSeq;
  }

  /** A record has got to the disk; one that is on its way already need not be kept here. */
  add(entry: Entry, seq: number): void {
    // Something lies between that nobody here knows of: the disk took it, and could not say so.
    if (seq !== this.#newestSeq + 1) this.forget(seq - 1);
    this.#newestSeq = seq;
    if (entry.state === 'unsent') {
      this.#entries.push(entry);
      this.#bytes += entry.bytes;
    } else if (this.#entries.length === 0) {
      this.#afterSeq = seq;
    }
    while (this.#entries.length > maxRecords || this.#bytes > maxBytes) this.take();
  }

  /** The oldest. */
  take(): Entry | undefined {
    const entry = this.#entries.shift();
    if (entry?.seq === undefined) return undefined;
    this.#bytes -= entry.bytes;
    this.#afterSeq = this.#entries.length === 0 ? this.#newestSeq : entry.seq;
    return entry;
  }

  /** Whatever there is up to `newestSeq` is read from the disk. */
  forget(newestSeq: number): void {
    this.#entries.length = 0;
    this.#bytes = 0;
    this.#newestSeq = Math.max(this.#newestSeq, newestSeq);
    this.#afterSeq = this.#newestSeq;
  }
}
