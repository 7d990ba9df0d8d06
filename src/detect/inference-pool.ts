/** The worker threads that run the model: started, watched, started anew when one ends or is stuck. */
import { Worker } from 'node:worker_threads';
import { RoadwatchError } from '../errors.ts';
import type { ModelCandidate, RefusedProvider, WorkerMessage, WorkerStart } from './worker-messages.ts';

/** Waits between two starts of a worker that ends by itself. */
const respawnFirstMs = 500;
const respawnMaxMs = 30_000;

export interface InferencePoolListener {
  /** A worker ended although nobody asked it to. */
  onWorkerLost(reason: string, nextTryMs: number): void;
}

export class InferencePool {
  readonly #start: WorkerStart;
  readonly #listener: InferencePoolListener;
  /** Each with the promise of its end. */
  readonly #workers = new Map<Worker, Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #failuresInARow = 0;
  #restarts = 0;
  #closed = false;
  #chosen: ModelCandidate | undefined;
  #refused: readonly RefusedProvider[] = [];

  private constructor(start: WorkerStart, listener: InferencePoolListener) {
    this.#start = start;
    this.#listener = listener;
  }

  /** Resolves when every worker has its model; the first one's provider is used by all, with its plan. */
  static async start(start: WorkerStart, listener: InferencePoolListener): Promise<InferencePool> {
    const pool = new InferencePool(start, listener);
    try {
      await pool.#spawn();
      await Promise.all(Array.from({ length: pool.chosen.plan.workers - 1 }, () => pool.#spawn()));
    } catch (error) {
      pool.expectEnd();
      throw error;
    }
    return pool;
  }

  get chosen(): ModelCandidate {
    if (this.#chosen === undefined) throw new RoadwatchError('closed', 'no worker has loaded a model');
    return this.#chosen;
  }

  get refused(): readonly RefusedProvider[] {
    return this.#refused;
  }

  /** Times a worker was started anew. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Starts a worker in place of each of so many that are stuck. Those end by themselves if their run ever comes back: a
   * worker that is terminated in the middle of a run takes the process with it (onnxruntime-node cannot be interrupted).
   */
  replaceStuck(count: number): void {
    for (let i = 0; i < count; i += 1) this.#replace('its run does not come back');
  }

  /** To be called before the pipeline is closed: workers that then end are not missed. */
  expectEnd(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Resolves when the workers have ended, which they do when their pipeline is closed. */
  async close(): Promise<void> {
    this.expectEnd();
    await Promise.all([...this.#workers.values()]);
  }

  #spawn(): Promise<void> {
    const candidates = this.#chosen ? [this.#chosen] : this.#start.candidates;
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { ...this.#start, candidates } satisfies WorkerStart,
    });
    this.#workers.set(worker, new Promise((ended) => worker.once('exit', () => ended())));
    return new Promise((resolve, reject) => {
      let ready = false;
      let dismissed = false;
      let cause = 'it ended';
      worker.on('message', (message: WorkerMessage) => {
        switch (message.type) {
          case 'failed':
            cause = message.message;
            reject(new RoadwatchError(message.code, message.message));
            return;
          case 'ready':
            ready = true;
            this.#chosen ??= message.chosen;
            if (message.refused.length > 0) this.#refused = message.refused;
            resolve();
            return;
          case 'worked':
            this.#failuresInARow = 0;
            return;
          case 'dismissed':
            // It was stuck, has come back after all, and was replaced long ago.
            dismissed = true;
        }
      });
      worker.on('error', (error) => {
        cause = error.message;
      });
      worker.on('exit', () => {
        this.#workers.delete(worker);
        reject(new RoadwatchError('worker-lost', `an inference worker could not start: ${cause}`));
        if (ready && !dismissed && !this.#closed) this.#replace(cause);
      });
    });
  }

  #replace(cause: string): void {
    const waitMs = Math.min(respawnMaxMs, respawnFirstMs * 2 ** this.#failuresInARow);
    this.#failuresInARow += 1;
    this.#restarts += 1;
    this.#listener.onWorkerLost(cause, waitMs);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#spawn().catch((error: Error) => {
        if (!this.#closed) this.#replace(error.message);
      });
    }, waitMs);
    this.#timers.add(timer);
  }
}
