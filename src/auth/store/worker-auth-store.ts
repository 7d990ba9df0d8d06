/** The store of accounts in a worker of its own: nothing on the event loop waits for a disk. */
import { StoreWorker } from '../../sqlite/store-worker.ts';
import type { Clock } from '../../time/clock.ts';
import type { AuditEntry, AuditPage } from '../audit.ts';
import type { AuthChange, AuthRecords } from '../auth-change.ts';
import { storeName } from './auth-database.ts';
import type { AuthStore } from './auth-store.ts';
import type { StoreOperations, WorkerStart } from './worker-messages.ts';

export interface WorkerAuthStoreOptions extends WorkerStart {
  readonly clock: Clock;
  /** Told of a file that could not be opened, was damaged and put aside, or of a worker that ended by itself. */
  readonly onTrouble: (code: string, message: string) => void;
}

export class WorkerAuthStore implements AuthStore {
  readonly #worker: StoreWorker<StoreOperations, undefined>;

  private constructor({ clock, onTrouble, path, maxAuditEntries }: WorkerAuthStoreOptions) {
    this.#worker = new StoreWorker({
      name: storeName,
      file: new URL('./worker.js', import.meta.url),
      start: { path, maxAuditEntries } satisfies WorkerStart,
      clock,
      onTrouble,
      onStats: () => undefined,
    });
  }

  /** Resolves when the worker has tried to open the file. Where it could not, it tries again when it is asked. */
  static async start(options: WorkerAuthStoreOptions): Promise<WorkerAuthStore> {
    const store = new WorkerAuthStore(options);
    await store.#worker.start();
    return store;
  }

  load(): Promise<AuthRecords> {
    return this.#worker.ask('load', {});
  }

  changedElsewhere(): Promise<AuthRecords | undefined> {
    return this.#worker.ask('changedElsewhere', {});
  }

  write(changes: readonly AuthChange[], audit: readonly AuditEntry[]): Promise<void> {
    return this.#worker.ask('write', { changes, audit });
  }

  audit(limit: number, before?: number): Promise<AuditPage> {
    return this.#worker.ask('audit', before === undefined ? { limit } : { limit, before });
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
