export interface SubscriptionOptions {
  readonly handle: (message: unknown, key: string) => void | Promise<void>;
  /** Messages that may be accepted and not yet handled. */
  readonly maxPending: number;
  readonly onError: (error: unknown, key: string) => void;
}

interface WaitingMessage {
  readonly key: string;
  readonly message: unknown;
  readonly accepted: () => void;
}

/**
 * One reader of one topic: a bounded queue, handled one message after another within a key and side by side across
 * keys. Runs on the event loop.
 */
export class Subscription {
  readonly #options: SubscriptionOptions;
  /** Accepted messages by key; a key is present exactly while its messages are being handled. */
  readonly #queues = new Map<string, unknown[]>();
  /** Messages that found the queue full, oldest first. */
  readonly #waiting: WaitingMessage[] = [];
  readonly #idleListeners: (() => void)[] = [];
  /** Accepted and not yet handled, the running ones included. */
  #pending = 0;
  #stopped = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Resolves when the message has found room; at once where there is some. */
  accept(key: string, message: unknown): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    if (this.#pending < this.#options.maxPending) {
      this.#enqueue(key, message);
      return Promise.resolve();
    }
    return new Promise((accepted) => this.#waiting.push({ key, message, accepted }));
  }

  /** Forgets what is not being handled yet and lets waiting publishers go; running handlers finish. */
  stop(): void {
    this.#stopped = true;
    for (const queue of this.#queues.values()) this.#pending -= queue.splice(0).length;
    for (const waiting of this.#waiting.splice(0)) waiting.accepted();
  }

  /** Resolves when nothing is left to handle. */
  idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleListeners.push(resolve));
  }

  #enqueue(key: string, message: unknown): void {
    this.#pending += 1;
    const queue = this.#queues.get(key);
    if (queue !== undefined) {
      queue.push(message);
      return;
    }
    const started = [message];
    this.#queues.set(key, started);
    void this.#work(key, started);
  }

  async #work(key: string, queue: unknown[]): Promise<void> {
    while (queue.length > 0) {
      await this.#handle(queue.shift(), key);
      this.#leave();
    }
    this.#queues.delete(key);
  }

  async #handle(message: unknown, key: string): Promise<void> {
    try {
      await this.#options.handle(message, key);
    } catch (error) {
      this.#options.onError(error, key);
    }
  }

  /** A message is done: its place goes to the one that has waited longest, before any newer one can take it. */
  #leave(): void {
    this.#pending -= 1;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#enqueue(next.key, next.message);
      next.accepted();
    }
    if (this.#pending > 0) return;
    for (const idle of this.#idleListeners.splice(0)) idle();
  }
}
