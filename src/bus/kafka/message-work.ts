import { wait } from '../../time/wait.ts';
import type { Delivery, MessageHandler } from '../bus.ts';
import { parseMessage } from '../check-message.ts';
import type { Topic } from '../topics.ts';
import type { FetchedMessage } from './consumer-client.ts';
import type { KafkaSurroundings } from './kafka-options.ts';

/** Waits before a handler that has thrown gets the message again; then it is given up. */
const retryWaitsMs = [250, 1000, 4000];

export interface MessageWorkOptions extends Pick<KafkaSurroundings, 'clock' | 'random'> {
  /** Told each time a handler throws. */
  readonly onHandlerError: (error: unknown, topic: Topic, key: string) => void;
  /** Takes a message that nobody can handle; resolves with true when it need not be delivered again. */
  readonly giveUp: (message: FetchedMessage, failure: unknown) => Promise<boolean>;
  /** Ends the tries. */
  readonly signal: AbortSignal;
}

/** Has one message handled: reads it, calls its handler, again where that throws, and in the end gives it up. */
export class MessageWork<T extends Topic> {
  readonly #topic: T;
  readonly #handler: MessageHandler<T>;
  readonly #options: MessageWorkOptions;

  constructor(topic: T, handler: MessageHandler<T>, options: MessageWorkOptions) {
    this.#topic = topic;
    this.#handler = handler;
    this.#options = options;
  }

  /**
   * Resolves when the next message of the key may come; the promise in it when this one need not be delivered again (true),
   * or was left (false). `isLeft`: whether it is no longer ours.
   */
  async handle(message: FetchedMessage, isLeft: () => boolean): Promise<{ readonly settled: Promise<boolean> }> {
    const { giveUp, signal } = this.#options;
    const kept: Promise<unknown>[] = [];
    try {
      const isHandled = await this.#try(message, { keepUntil: (work) => kept.push(work) }, isLeft);
      if (!isHandled) return { settled: Promise.resolve(false) };
      return {
        settled: Promise.all(kept).then(
          () => true,
          () => false,
        ),
      };
    } catch (failure) {
      if (signal.aborted || isLeft()) return { settled: Promise.resolve(false) };
      return { settled: Promise.resolve(await giveUp(message, failure)) };
    }
  }

  /** Throws what the last try threw. */
  async #try(message: FetchedMessage, delivery: Delivery, isLeft: () => boolean): Promise<boolean> {
    const { clock, random, onHandlerError, signal } = this.#options;
    const content = parseMessage(this.#topic, message.value);
    const key = message.key?.toString('utf8') ?? String(content.cameraId);
    for (let tries = 0; ; tries += 1) {
      try {
        await this.#handler(content, key, delivery);
        return true;
      } catch (error) {
        onHandlerError(error, this.#topic, key);
        const waitMs = retryWaitsMs[tries];
        if (waitMs === undefined) throw error;
        await wait(clock, waitMs * (0.5 + random() / 2), signal);
        if (signal.aborted || isLeft()) return false;
      }
    }
  }
}
