/** What the outbox keeps its records in, without a disk: it answers in order, and fails as a test tells it. */
import type { OutgoingRecord } from '../../src/bus/outgoing-record.ts';
import { RoadwatchError } from '../../src/errors.ts';
import type {
  DeadLetter,
  OutboxChange,
  OutboxCommit,
  OutboxCounts,
  OutboxQuery,
  OutboxStore,
  RefusedRecord,
  StoredRecord,
} from '../../src/uplink/store/outbox-store.ts';

/** What outlives a process. */
export class MemoryDisk {
  readonly records = new Map<number, StoredRecord>();
  readonly deadLetters: RefusedRecord[] = [];
  newestSeq = 0;

  /** Ids of what is there, oldest first. */
  get ids(): string[] {
    return [...this.records.values()].map(({ id }) => id);
  }
}

export interface MemoryOutboxStoreOptions {
  readonly disk?: MemoryDisk;
  /** UTC milliseconds. */
  readonly nowMs?: () => number;
  /** Resolves when the next call may be answered. */
  readonly answerWhen?: () => Promise<void>;
}

type Fault = 'disk-full' | 'store-lost' | 'answer-lost';

export class MemoryOutboxStore implements OutboxStore {
  readonly disk: MemoryDisk;
  readonly commits: OutboxChange[] = [];
  readonly reads: OutboxQuery[] = [];
  /** What calls come to; `answer-lost`: the commit is made, and nobody hears of it. */
  fault: Fault | undefined;
  /** What reads come to, where it differs. */
  readFault: Fault | undefined;
  evictedByQuota = 0;
  repairs = 0;
  pruned = 0;
  isClosed = false;
  readonly #nowMs: () => number;
  readonly #answerWhen: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #isDead = false;

  constructor({ disk, nowMs = () => 0, answerWhen = () => Promise.resolve() }: MemoryOutboxStoreOptions = {}) {
    this.disk = disk ?? new MemoryDisk();
    this.#nowMs = nowMs;
    this.#answerWhen = answerWhen;
  }

  /** The process is gone: nothing more is done, and nothing answered. */
  kill(): void {
    this.#isDead = true;
  }

  commit(change: OutboxChange): Promise<OutboxCommit> {
    return this.#inTurn(() => {
      this.commits.push(change);
      if (this.fault !== undefined && this.fault !== 'answer-lost') throw faultOf(this.fault);
      const seqs = (change.append ?? []).map((record) => this.#append(record));
      for (const seq of change.confirmed ?? []) this.disk.records.delete(seq);
      for (const refused of change.refused ?? []) {
        if (this.disk.records.delete(refused.seq)) this.disk.deadLetters.push(refused);
      }
      if (this.fault !== undefined) throw faultOf(this.fault);
      return { seqs };
    });
  }

  read(query: OutboxQuery): Promise<readonly StoredRecord[]> {
    return this.#inTurn(() => {
      this.reads.push(query);
      const fault = this.readFault ?? (this.fault === 'disk-full' ? undefined : this.fault);
      if (fault !== undefined) throw faultOf(fault);
      const { urgency, afterSeq, maxRecords, maxBytes } = query;
      let bytes = 0;
      const found: StoredRecord[] = [];
      for (const record of this.disk.records.values()) {
        if (record.seq <= afterSeq || (urgency !== undefined && record.urgency !== urgency)) continue;
        bytes += record.value.length;
        if (found.length > 0 && (found.length >= maxRecords || bytes > maxBytes)) break;
        found.push(record);
      }
      return found;
    });
  }

  prune(): Promise<void> {
    return this.#inTurn(() => {
      this.pruned += 1;
    });
  }

  deadLetters(): Promise<readonly DeadLetter[]> {
    return this.#inTurn(() =>
      this.disk.deadLetters.map((refused) => ({ ...refused, topic: '', key: '', id: '', bytes: 0, refusedAtMs: 0 })),
    );
  }

  replay(): Promise<number> {
    return this.#inTurn(() => 0);
  }

  counts(): OutboxCounts {
    const records = [...this.disk.records.values()];
    const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
    return {
      records: records.length,
      bytes,
      highRecords: records.filter(({ urgency }) => urgency === 'high').length,
      fileBytes: bytes,
      oldestStoredAtMs: records[0]?.storedAtMs,
      newestSeq: this.disk.newestSeq,
      evicted: { pictures: 0, quota: this.evictedByQuota, age: 0, corrupt: 0, 'disk-full': 0, overrun: 0 },
      deadLetters: { records: this.disk.deadLetters.length, bytes: 0, dropped: 0, byReason: {} },
      quarantined: 0,
      repairs: this.repairs,
    };
  }

  close(): Promise<void> {
    return this.#inTurn(() => {
      this.isClosed = true;
    });
  }

  #append(record: OutgoingRecord): number {
    this.disk.newestSeq += 1;
    const seq = this.disk.newestSeq;
    // A disk has bytes of its own.
    this.disk.records.set(seq, { ...record, value: Buffer.from(record.value), seq, storedAtMs: this.#nowMs() });
    return seq;
  }

  #inTurn<Answer>(work: () => Answer): Promise<Answer> {
    const answered = this.#last.then(async () => {
      await this.#answerWhen();
      if (this.#isDead) return new Promise<never>(() => {});
      return work();
    });
    this.#last = answered.catch(() => {});
    return answered;
  }
}

function faultOf(fault: Fault): RoadwatchError {
  const code = fault === 'answer-lost' ? 'store-lost' : fault;
  return new RoadwatchError(code, `the store says ${code}`);
}
