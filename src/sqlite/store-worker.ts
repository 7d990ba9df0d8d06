/** The event loop's side of a store in a worker: asks, hands out the answers, and starts anew a worker that ended by itself. */
import { type Transferable, Worker } from 'node:worker_threads';
import { RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Operations, StoreAnswer, StoreRequest, WorkerMessage } from './worker-messages.ts';

/** Between the end of a worker that nobody asked to end and the start of the next. */
const respawnMs = 1000;
/** Calls that may wait for an answer. */
const maxWaiting = 10_000;

export interface StoreWorkerOptions<Stats> {
  /** What is kept there, as its errors call it, as in "alert history". */
  readonly name: string;
  /** The worker's file; it serves with `serveStore`. */
  readonly file: URL;
  /** Its `workerData`. */
  readonly start: unknown;
  readonly clock: Clock;
  /** Told of a file that could not be opened or was damaged, and of a worker that ended by itself. */
  readonly onTrouble: (code: string, message: string) => void;
  readonly onStats: (stats: Stats) => void;
  /** A worker has ended by itself: what it told last was its last. */
  readonly onLost?: () => void;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: RoadwatchError) => void;
}

export class StoreWorker<Known extends Operations, Stats> {
  readonly #options: StoreWorkerOptions<Stats>;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closing: Promise<void> | undefined;
  #cancelRespawn: (() => void) | undefined;

  constructor(options: StoreWorkerOptions<Stats>) {
    this.#options = options;
  }

  /** Resolves when the worker has tried to open the file. */
  start(): Promise<void> {
    const worker = new Worker(this.#options.file, { workerData: this.#options.start });
    this.#worker = worker;
    return new Promise((resolve) => {
      let cause = 'it ended';
      worker.on('message', (message: WorkerMessage<Stats>) => {
        this.#receive(message);
        if ('opened' in message) resolve();
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

  /** `transferred`: what is handed over instead of being copied; of no use to the caller any more. */
  ask<Name extends keyof Known & string>(
    name: Name,
    given: Known[Name]['given'],
    transferred: readonly Transferable[] = [],
  ): Promise<Known[Name]['answer']> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(this.#lost('does not run'));
    if (this.#waiting.size >= maxWaiting) {
      return Promise.reject(new RoadwatchError('store-slow', `${maxWaiting} calls wait for the ${this.#options.name}`));
    }
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, name, given } as StoreRequest<Known>, transferred);
    });
  }

  /** Asks the worker to close the file, and waits for its end. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelRespawn?.();
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await this.ask('close', {});
    await ended;
  }

  #receive(message: WorkerMessage<Stats>): void {
    if ('trouble' in message) {
      this.#options.onTrouble(message.trouble.code, message.trouble.message);
      return;
    }
    if (message.stats !== undefined) this.#options.onStats(message.stats);
    if (!('opened' in message)) this.#settle(message);
    else if (message.fault !== undefined) this.#options.onTrouble(message.fault.code, message.fault.message);
  }

  #settle(answer: StoreAnswer<Stats>): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('fault' in answer) waiting?.reject(new RoadwatchError(answer.fault.code, answer.fault.message));
    else waiting?.resolve(answer.answer);
  }

  #ended(cause: string): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#lost(`ended: ${cause}`));
    if (this.#closing !== undefined) return;
    this.#options.onLost?.();
    this.#options.onTrouble(
      'store-lost',
      `the worker of the ${this.#options.name} ended and is started anew: ${cause}`,
    );
    this.#cancelRespawn = this.#options.clock.after(respawnMs, () => void this.start());
  }

  #lost(what: string): RoadwatchError {
    return new RoadwatchError('store-lost', `the worker of the ${this.#options.name} ${what}`);
  }
}
