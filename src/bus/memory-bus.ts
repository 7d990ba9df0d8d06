import { RoadwatchError } from '../errors.ts';
import type { Bus, Delivery, MessageHandler, Reader } from './bus.ts';
import { checkMessage } from './check-message.ts';
import { Subscription } from './subscription.ts';
import type { MessageOf, Topic } from './topics.ts';

export interface MemoryBusOptions {
  /** Messages that may wait for one reader; publishing then waits too. */
  readonly maxPendingPerSubscriber?: number;
  /** Told when a reader throws; the other readers and the publisher are not. */
  readonly onHandlerError: (error: unknown, topic: Topic, key: string) => void;
}

const defaultMaxPending = 1000;

/** What is not handled when the process ends is gone with it: there is nothing to keep, and nothing to deliver again. */
const delivery: Delivery = { keepUntil: (work) => void work.catch(() => undefined) };

/** The bus inside one process: nothing is copied, nothing is kept beyond the readers' bounded queues. */
export class MemoryBus implements Bus {
  readonly #subscriptions = new Map<Topic, Set<Subscription>>();
  readonly #maxPending: number;
  readonly #onHandlerError: MemoryBusOptions['onHandlerError'];
  #closing: Promise<void> | undefined;

  constructor(options: MemoryBusOptions) {
    this.#maxPending = options.maxPendingPerSubscriber ?? defaultMaxPending;
    this.#onHandlerError = options.onHandlerError;
  }

  async publish<T extends Topic>(topic: T, key: string, message: MessageOf<T>): Promise<void> {
    if (this.#closing !== undefined) throw new RoadwatchError('bus-closed', `cannot publish to ${topic}: bus closed`);
    checkMessage(topic, message);
    const readers = [...(this.#subscriptions.get(topic) ?? [])];
    await Promise.all(readers.map((reader) => reader.accept(key, message)));
  }

  subscribe<T extends Topic>(topic: T, _reader: Reader, handler: MessageHandler<T>): () => void {
    if (this.#closing !== undefined) throw new RoadwatchError('bus-closed', `cannot subscribe to ${topic}: bus closed`);
    const subscription = new Subscription({
      // Only messages of this topic reach it: publish() looks readers up by topic.
      handle: (message, key) => handler(message as MessageOf<T>, key, delivery),
      maxPending: this.#maxPending,
      onError: (error, key) => this.#onHandlerError(error, topic, key),
    });
    const readers = this.#subscriptions.get(topic) ?? new Set();
    this.#subscriptions.set(topic, readers.add(subscription));
    return () => {
      readers.delete(subscription);
      subscription.stop();
    };
  }

  hasSubscribers(topic: Topic): boolean {
    return (this.#subscriptions.get(topic)?.size ?? 0) > 0;
  }

  close(): Promise<void> {
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    const readers = [...this.#subscriptions.values()].flatMap((subscriptions) => [...subscriptions]);
    await Promise.all(readers.map((reader) => reader.idle()));
    this.#subscriptions.clear();
  }
}
