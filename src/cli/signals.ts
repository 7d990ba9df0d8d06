import { endProcess } from './end-process.ts';
import { exitCodes } from './exit-codes.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Calls back at the first SIGINT or SIGTERM; a second one ends the process at once. */
export class StopSignal {
  readonly #controller = new AbortController();
  readonly #onSignal = () => {
    if (this.#controller.signal.aborted) void endProcess(exitCodes.interrupted);
    else this.#controller.abort();
  };

  constructor() {
    for (const name of signals) process.on(name, this.#onSignal);
  }

  /** Aborted once a signal has come. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves when a signal comes. */
  wait(): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Resolves when a signal comes or, where a number is given, after so many seconds. */
  async waitAtMost(seconds: number | undefined): Promise<void> {
    if (seconds === undefined) return this.wait();
    let timer: NodeJS.Timeout | undefined;
    const elapsed = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
    });
    await Promise.race([elapsed, this.wait()]);
    clearTimeout(timer);
  }

  /** Leaves signals to their default again. */
  dispose(): void {
    for (const name of signals) process.off(name, this.#onSignal);
  }
}
