/** The outbox's records on disk, in a worker of its own: nothing on the event loop waits for a disk. */
import { StoreWorker } from '../../sqlite/store-worker.ts';
import type { Clock } from '../../time/clock.ts';
import type { OutboxLimits } from './outbox-database.ts';
import type {
  DeadLetter,
  DeadLetterQuery,
  OutboxChange,
  OutboxCommit,
  OutboxCounts,
  OutboxQuery,
  OutboxStore,
  ReplaySelection,
  StoredRecord,
} from './outbox-store.ts';
import { addEvictions, noEvictions } from './outbox-totals.ts';
import { contentOf, framesOf } from './record-frame.ts';
import type { OutboxOperations, WorkerStart } from './worker-messages.ts';

export interface WorkerOutboxStoreOptions {
  readonly path: string;
  readonly limits: OutboxLimits;
  readonly clock: Clock;
  /** Told of a file that could not be opened, was damaged and repaired, or of a worker that ended by itself. */
  readonly onTrouble: (code: string, message: string) => void;
  /** The worker's file, for tests that run from sources. */
  readonly workerFile?: URL;
}

const noCounts: OutboxCounts = {
  records: 0,
  bytes: 0,
  highRecords: 0,
  fileBytes: 0,
  oldestStoredAtMs: undefined,
  newestSeq: 0,
  evicted: noEvictions(),
  deadLetters: { records: 0, bytes: 0, dropped: 0, byReason: {} },
  quarantined: 0,
  repairs: 0,
};

export class WorkerOutboxStore implements OutboxStore {
  readonly #worker: StoreWorker<OutboxOperations, OutboxCounts>;
  /** Of the worker that runs. */
  #counts = noCounts;
  /** What those that ended before it had counted. */
  #before = noCounts;

  private constructor({ path, limits, clock, onTrouble, workerFile }: WorkerOutboxStoreOptions) {
    this.#worker = new StoreWorker({
      name: 'outbox',
      file: workerFile ?? new URL('./worker.js', import.meta.url),
      start: { path, limits } satisfies WorkerStart,
      clock,
      onTrouble,
      onStats: (counts: OutboxCounts) => {
        this.#counts = counts;
      },
      onLost: () => {
        this.#before = this.counts();
        this.#counts = { ...this.#counts, ...countedSinceStart(noCounts) };
      },
    });
  }

  /** Resolves when the worker has tried to open the file. Where it could not, it tries again when it is asked. */
  static async start(options: WorkerOutboxStoreOptions): Promise<WorkerOutboxStore> {
    const store = new WorkerOutboxStore(options);
    await store.#worker.start();
    return store;
  }

  async commit({ append = [], confirmed = [], refused = [] }: OutboxChange): Promise<OutboxCommit> {
    // In memory of their own, so that it can be handed over: the caller's stay as they are.
    const frames = framesOf(append);
    const seqs = await this.#worker.ask('commit', { frames, confirmed, refused }, [frames.buffer]);
    return { seqs };
  }

  async read(query: OutboxQuery): Promise<readonly StoredRecord[]> {
    const frames = await this.#worker.ask('read', query);
    return frames.map((frame) => contentOf(Buffer.from(frame.buffer, frame.byteOffset, frame.length)));
  }

  prune(nowMs: number): Promise<void> {
    return this.#worker.ask('prune', { nowMs });
  }

  deadLetters(query: DeadLetterQuery): Promise<readonly DeadLetter[]> {
    return this.#worker.ask('deadLetters', query);
  }

  replay(selection: ReplaySelection): Promise<number> {
    return this.#worker.ask('replay', selection);
  }

  counts(): OutboxCounts {
    const { deadLetters, evicted, quarantined, repairs } = this.#counts;
    return {
      ...this.#counts,
      evicted: addEvictions(evicted, this.#before.evicted),
      deadLetters: { ...deadLetters, dropped: deadLetters.dropped + this.#before.deadLetters.dropped },
      quarantined: quarantined + this.#before.quarantined,
      repairs: repairs + this.#before.repairs,
    };
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}

function countedSinceStart({ evicted, deadLetters, quarantined, repairs }: OutboxCounts) {
  return { evicted, deadLetters, quarantined, repairs };
}
