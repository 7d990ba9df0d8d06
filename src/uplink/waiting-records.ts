import type { Entry } from './entry.ts';

/** Fewer than detections may wait for their bus: so it is chosen here what is given up. */
const maxRecords = 800;
const maxBytes = 32 * 1_048_576;
/** With the sender: these can't be given up, others can. */
const maxSent = 200;

/**
 * Records that are not on disk yet, oldest first; bounded. What is too much goes: the oldest that is of no high risk, then
 * the oldest of all, but for what is on its way already, to the disk or with the sender.
 */
export class WaitingRecords {
  readonly #entries = new Set<Entry>();
  /** Those that are being written. */
  #written: ReadonlySet<Entry> = new Set();
  #bytes = 0;

  get records(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a record; gives those that had to go for it. */
  add(entry: Entry): Entry[] {
    this.#entries.add(entry);
    this.#bytes += entry.bytes;
    const gone: Entry[] = [];
    while (this.#entries.size > maxRecords || this.#bytes > maxBytes) {
      const next = this.#dispensable();
      if (next === undefined) break;
      this.delete(next);
      gone.push(next);
    }
    return gone;
  }

  delete(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#bytes -= entry.bytes;
  }

  /** The oldest, as many as one commit may have: these are being written until `endWriting()`. */
  beginWriting(maxBatchRecords: number, maxBatchBytes: number): readonly Entry[] {
    const batch: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#entries) {
      bytes += entry.bytes;
      if (batch.length > 0 && (batch.length >= maxBatchRecords || bytes > maxBatchBytes)) break;
      batch.push(entry);
    }
    this.#written = new Set(batch);
    return batch;
  }

  endWriting(): void {
    this.#written = new Set();
  }

  isWritten(entry: Entry): boolean {
    return this.#written.has(entry);
  }

  /** The oldest that the sender has not been given, while that has few. */
  firstUnsent(): Entry | undefined {
    let sent = 0;
    for (const entry of this.#entries) {
      if (entry.state === 'unsent') return entry;
      sent += 1;
      if (sent >= maxSent) return undefined;
    }
    return undefined;
  }

  /** Takes everything out. */
  clear(): Entry[] {
    const entries = [...this.#entries];
    this.#entries.clear();
    this.#bytes = 0;
    return entries;
  }

  #dispensable(): Entry | undefined {
    let oldest: Entry | undefined;
    for (const entry of this.#entries) {
      if (this.#written.has(entry) || entry.state === 'sent' || entry.state === 'back') continue;
      if (entry.record.urgency === 'normal') return entry;
      oldest ??= entry;
    }
    return oldest;
  }
}
