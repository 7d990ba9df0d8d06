import type { MessageHandler } from '../bus.ts';
import { Subscription } from '../subscription.ts';
import type { Topic } from '../topics.ts';
import type { FetchedMessage } from './consumer-client.ts';
import { MessageWork, type MessageWorkOptions } from './message-work.ts';
import type { Taken } from './partition-progress.ts';

/** The handlers of a reader, by topic. */
export type Handlers = ReadonlyMap<Topic, MessageHandler<Topic>>;

export interface HandlingLanesOptions extends MessageWorkOptions {
  readonly handlers: Handlers;
  /** A message needs no room any more. */
  readonly onLeave: (message: FetchedMessage) => void;
}

interface WaitingMessage {
  readonly message: FetchedMessage;
  readonly taken: Taken;
}

/**
 * Handles what a reader has taken: one message after another within a key, side by side across keys. Messages of partitions
 * that are revoked meanwhile are left to others. What waits here is bounded by whoever takes messages.
 */
export class HandlingLanes {
  readonly #options: HandlingLanesOptions;
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(options: HandlingLanesOptions) {
    this.#options = options;
    for (const [topic, handler] of options.handlers) {
      const work = new MessageWork(topic, handler, options);
      const subscription = new Subscription({
        handle: (waiting) => this.#handle(waiting as WaitingMessage, work),
        maxPending: Number.POSITIVE_INFINITY,
        onError: (error, key) => options.onHandlerError(error, topic, key),
      });
      this.#subscriptions.set(topic, subscription);
    }
  }

  accept(message: FetchedMessage, taken: Taken): void {
    const waiting: WaitingMessage = { message, taken };
    // Without a key there is no order but that of the partition.
    const key = message.key?.toString('latin1') ?? `\0${message.partition}`;
    void this.#subscriptions.get(message.topic)?.accept(key, waiting);
  }

  async #handle({ message, taken }: WaitingMessage, work: MessageWork<Topic>): Promise<void> {
    const { progress } = taken;
    if (this.#options.signal.aborted || !progress.begin()) {
      this.#options.onLeave(message);
      return;
    }
    const end = (isHandled: boolean) => {
      progress.end(taken, isHandled);
      this.#options.onLeave(message);
    };
    try {
      const { settled } = await work.handle(message, () => progress.isRevoked);
      void settled.then(end);
    } catch (error) {
      end(false);
      throw error;
    }
  }
}
