/** The alert history in a worker of its own: nothing on the event loop waits for a disk. */
import { Worker } from 'node:worker_threads';
import { RoadwatchError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Alert } from '../alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../alert-filter.ts';
import type { RetentionLimits, StoreStats } from './alert-database.ts';
import type { AlertStore } from './alert-store.ts';
import type {
  OperationName,
  StoreAnswer,
  StoreOperations,
  StoreRequest,
  WorkerMessage,
  WorkerStart,
} from './worker-messages.ts';

/** Between the end of a worker that nobody asked to end and the start of the next. */
const respawnMs = 1000;
/** Calls that may wait for an answer; saves come one at a time for each open alert. */
const maxWaiting = 10_000;

export interface WorkerAlertStoreOptions {
  readonly path: string;
  readonly limits: RetentionLimits;
  readonly clock: Clock;
  /** Told of a file that could not be opened, was damaged and put aside, or of a worker that ended by itself. */
  readonly onTrouble: (code: string, message: string) => void;
  /** The worker's file, for tests that run from sources. */
  readonly workerFile?: URL;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: RoadwatchError) => void;
}

export class WorkerAlertStore implements AlertStore {
  readonly #options: WorkerAlertStoreOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #stats: StoreStats = { alerts: 0, sizeBytes: 0 };
  #closing: Promise<void> | undefined;
  #cancelRespawn: (() => void) | undefined;

  private constructor(options: WorkerAlertStoreOptions) {
    this.#options = options;
  }

  /** Resolves when the worker has tried to open the file. Where it could not, it tries again when it is asked. */
  static async start(options: WorkerAlertStoreOptions): Promise<WorkerAlertStore> {
    const store = new WorkerAlertStore(options);
    await store.#spawn();
    return store;
  }

  save(alert: Alert, picture?: string): Promise<void> {
    return this.#ask('save', picture === undefined ? { alert } : { alert, picture });
  }

  find(id: string): Promise<Alert | undefined> {
    return this.#ask('find', { id });
  }

  picture(id: string): Promise<Uint8Array | undefined> {
    return this.#ask('picture', { id });
  }

  list(filter: AlertFilter, limit: number, after?: AlertCursor): Promise<AlertPage> {
    return this.#ask('list', after === undefined ? { filter, limit } : { filter, limit, after });
  }

  seenSince(sinceMs: number): Promise<readonly Alert[]> {
    return this.#ask('seenSince', { sinceMs });
  }

  prune(nowMs: number): Promise<number> {
    return this.#ask('prune', { nowMs });
  }

  stats(): StoreStats {
    return this.#stats;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelRespawn?.();
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await this.#ask('close', {});
    await ended;
  }

  #ask<Name extends OperationName>(
    name: Name,
    given: StoreOperations[Name]['given'],
  ): Promise<StoreOperations[Name]['answer']> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(lost('the worker of the alert history does not run'));
    if (this.#waiting.size >= maxWaiting) {
      return Promise.reject(new RoadwatchError('store-slow', `${maxWaiting} calls wait for the alert history`));
    }
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, name, given } as StoreRequest);
    });
  }

  #spawn(): Promise<void> {
    const { path, limits, workerFile = new URL('./worker.js', import.meta.url) } = this.#options;
    const worker = new Worker(workerFile, { workerData: { path, limits } satisfies WorkerStart });
    this.#worker = worker;
    return new Promise((resolve) => {
      let cause = 'it ended';
      worker.on('message', (message: WorkerMessage) => {
        if ('opened' in message) resolve();
        this.#receive(message);
      });
      worker.on('error', (error) => {
        cause = error.message;
      });
      worker.on('exit', () => {
        resolve();
        this.#ended(cause);
      });
    });
  }

  #receive(message: WorkerMessage): void {
    if ('setAside' in message) {
      const { path, reason } = message.setAside;
      this.#options.onTrouble('store-damaged', `${reason}; it was put aside as ${path}, and a new one begun`);
    } else if ('opened' in message) {
      if (message.fault) this.#options.onTrouble(message.fault.code, message.fault.message);
    } else {
      this.#settle(message);
    }
  }

  #settle(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('fault' in answer) {
      waiting?.reject(new RoadwatchError(answer.fault.code, answer.fault.message));
      return;
    }
    this.#stats = answer.stats;
    waiting?.resolve(answer.answer);
  }

  #ended(cause: string): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(lost(`the worker of the alert history ended: ${cause}`));
    if (this.#closing !== undefined) return;
    this.#options.onTrouble('store-lost', `the worker of the alert history ended and is started anew: ${cause}`);
    this.#cancelRespawn = this.#options.clock.after(respawnMs, () => void this.#spawn());
  }
}

function lost(message: string): RoadwatchError {
  return new RoadwatchError('store-lost', message);
}
