/** The worker threads that run the model: started, watched, started anew when one ends or is stuck. */
import { Worker } from 'node:worker_threads';
import { RoadwatchError } from '../errors.ts';
import { type Clock, realClock } from '../time/clock.ts';
import type { ModelCandidate, RefusedProvider, WorkerMessage, WorkerStart } from './worker-messages.ts';

/** Waits before a worker is started in place of a lost one; they double with each loss that is not long ago. */
const respawnFirstMs = 500;
const respawnMaxMs = 30_000;
/** A loss counts for so long. */
const lossCountsMs = 300_000;
/** Stuck workers hold their model's memory until their run comes back: so many times the plan's workers may be stuck. */
const maxStuckPerWorker = 2;

export interface InferencePoolListener {
  /** A worker ended although nobody asked it to, or is stuck; another one starts in its place. */
  onWorkerLost(reason: string, nextTryMs: number): void;
  /** So many workers are stuck that no more are started in their place. */
  onWorkersExhausted(stuck: number): void;
}

/** What a worker thread tells. */
export interface WorkerEvents {
  onMessage(message: WorkerMessage): void;
  /** It threw; it ends next. */
  onError(error: Error): void;
  onExit(): void;
}

/** Starts a worker thread; tests give their own. */
export type SpawnWorker = (start: WorkerStart, events: WorkerEvents) => void;

export interface InferencePoolOptions {
  readonly spawn?: SpawnWorker;
  readonly clock?: Clock;
}

export class InferencePool {
  readonly #start: WorkerStart;
  readonly #listener: InferencePoolListener;
  readonly #spawnWorker: SpawnWorker;
  readonly #clock: Clock;
  /** The ends of those that run. */
  readonly #ends = new Set<Promise<void>>();
  /** Cancel what waits for its time. */
  readonly #planned = new Set<() => void>();
  /** When workers were lost, in monotonic milliseconds. */
  #lossesMs: number[] = [];
  #stuck = 0;
  /** Stuck workers in whose place none was started. */
  #owed = 0;
  #restarts = 0;
  #closed = false;
  #chosen: ModelCandidate | undefined;
  #refused: readonly RefusedProvider[] = [];

  private constructor(start: WorkerStart, listener: InferencePoolListener, options: InferencePoolOptions) {
    this.#start = start;
    this.#listener = listener;
    this.#spawnWorker = options.spawn ?? spawnThread;
    this.#clock = options.clock ?? realClock;
  }

  /**
   * Resolves when the first worker has its model; the others join when they have theirs. The first one's provider is used
   * by all, with its plan.
   */
  static async start(
    start: WorkerStart,
    listener: InferencePoolListener,
    options: InferencePoolOptions = {},
  ): Promise<InferencePool> {
    const pool = new InferencePool(start, listener, options);
    try {
      await pool.#spawn();
    } catch (error) {
      pool.expectEnd();
      throw error;
    }
    pool.#spawnSoon(pool.chosen.plan.workers - 1);
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

  /** Workers whose run has not come back. */
  get stuck(): number {
    return this.#stuck;
  }

  /**
   * Starts a worker in place of each of so many that are stuck. Those end by themselves if their run ever comes back: a
   * worker that is terminated in the middle of a run takes the process with it (onnxruntime-node cannot be interrupted).
   */
  replaceStuck(count: number): void {
    if (count <= 0) return;
    this.#stuck += count;
    const room = Math.max(0, this.chosen.plan.workers * maxStuckPerWorker - (this.#stuck - count));
    const replaced = Math.min(count, room);
    this.#owed += count - replaced;
    // All at once is one incident, not many.
    if (replaced > 0) this.#replace('its run does not come back', replaced);
    if (replaced < count) this.#listener.onWorkersExhausted(this.#stuck);
  }

  /** To be called before the pipeline is closed: workers that then end are not missed. */
  expectEnd(): void {
    this.#closed = true;
    for (const cancel of this.#planned) cancel();
    this.#planned.clear();
  }

  /** Resolves when the workers have ended, which they do when their pipeline is closed. */
  async close(): Promise<void> {
    this.expectEnd();
    await Promise.all([...this.#ends]);
  }

  #spawn(): Promise<void> {
    const candidates = this.#chosen ? [this.#chosen] : this.#start.candidates;
    let onEnd = () => {};
    const end = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    this.#ends.add(end);
    return new Promise((resolve, reject) => {
      let ready = false;
      let dismissed = false;
      let cause = 'it ended';
      const onMessage = (message: WorkerMessage) => {
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
          case 'dismissed':
            dismissed = true;
            if (!this.#closed) this.#unstuck();
        }
      };
      const onError = (error: Error) => {
        cause = error.message;
      };
      const onExit = () => {
        this.#ends.delete(end);
        onEnd();
        reject(new RoadwatchError('worker-lost', `an inference worker could not start: ${cause}`));
        if (ready && !dismissed && !this.#closed) this.#replace(cause, 1);
      };
      this.#spawnWorker({ ...this.#start, candidates }, { onMessage, onError, onExit });
    });
  }

  /** A stuck worker's run has come back after all: it ends, and was replaced long ago, or was to be. */
  #unstuck(): void {
    this.#stuck = Math.max(0, this.#stuck - 1);
    if (this.#owed === 0) return;
    this.#owed -= 1;
    this.#replace('its run came back late', 1);
  }

  #replace(cause: string, count: number): void {
    const waitMs = this.#countLoss();
    this.#restarts += count;
    this.#listener.onWorkerLost(cause, waitMs);
    const cancel = this.#clock.after(waitMs, () => {
      this.#planned.delete(cancel);
      this.#spawnSoon(count);
    });
    this.#planned.add(cancel);
  }

  /** Those that cannot start are lost like any other. */
  #spawnSoon(count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#spawn().catch((error: Error) => {
        if (!this.#closed) this.#replace(error.message, 1);
      });
    }
  }

  /** The wait that this loss makes, with those before it: a worker that is lost again and again must not spin. */
  #countLoss(): number {
    const nowMs = this.#clock.monotonicMs();
    this.#lossesMs = [...this.#lossesMs.filter((lostMs) => nowMs - lostMs < lossCountsMs), nowMs];
    return Math.min(respawnMaxMs, respawnFirstMs * 2 ** (this.#lossesMs.length - 1));
  }
}

const spawnThread: SpawnWorker = (start, { onMessage, onError, onExit }) => {
  new Worker(new URL('./worker.js', import.meta.url), { workerData: start })
    .on('message', onMessage)
    .on('error', onError)
    .on('exit', onExit);
};
