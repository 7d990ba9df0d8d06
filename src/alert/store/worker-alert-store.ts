/** The alert history in a worker of its own: nothing on the event loop waits for a disk. */
import { StoreWorker } from '../../sqlite/store-worker.ts';
import type { Clock } from '../../time/clock.ts';
import type { Alert } from '../alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../alert-filter.ts';
import type { RetentionLimits, StoreStats } from './alert-database.ts';
import type { AlertStore } from './alert-store.ts';
import type { StoreOperations, WorkerStart } from './worker-messages.ts';

export interface WorkerAlertStoreOptions {
  readonly path: string;
  readonly limits: RetentionLimits;
  readonly clock: Clock;
  /** Told of a file that could not be opened, was damaged and put aside, or of a worker that ended by itself. */
  readonly onTrouble: (code: string, message: string) => void;
  /** The worker's file, for tests that run from sources. */
  readonly workerFile?: URL;
}

export class WorkerAlertStore implements AlertStore {
  readonly #worker: StoreWorker<StoreOperations, StoreStats>;
  #stats: StoreStats = { alerts: 0, sizeBytes: 0 };

  private constructor({ path, limits, clock, onTrouble, workerFile }: WorkerAlertStoreOptions) {
    this.#worker = new StoreWorker({
      name: 'alert history',
      file: workerFile ?? new URL('./worker.js', import.meta.url),
      start: { path, limits } satisfies WorkerStart,
      clock,
      onTrouble,
      onStats: (stats: StoreStats) => {
        this.#stats = stats;
      },
    });
  }

  /** Resolves when the worker has tried to open the file. Where it could not, it tries again when it is asked. */
  static async start(options: WorkerAlertStoreOptions): Promise<WorkerAlertStore> {
    const store = new WorkerAlertStore(options);
    await store.#worker.start();
    return store;
  }

  save(alert: Alert, picture?: string): Promise<void> {
    return this.#worker.ask('save', picture === undefined ? { alert } : { alert, picture });
  }

  find(id: string): Promise<Alert | undefined> {
    return this.#worker.ask('find', { id });
  }

  picture(id: string): Promise<Uint8Array | undefined> {
    return this.#worker.ask('picture', { id });
  }

  list(filter: AlertFilter, limit: number, after?: AlertCursor): Promise<AlertPage> {
    return this.#worker.ask('list', after === undefined ? { filter, limit } : { filter, limit, after });
  }

  seenSince(sinceMs: number): Promise<readonly Alert[]> {
    return this.#worker.ask('seenSince', { sinceMs });
  }

  prune(nowMs: number): Promise<number> {
    return this.#worker.ask('prune', { nowMs });
  }

  stats(): StoreStats {
    return this.#stats;
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
