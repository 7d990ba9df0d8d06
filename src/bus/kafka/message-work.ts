import { errorCode } from '../../errors.ts';
import { wait } from '../../time/wait.ts';
import type { Delivery, MessageHandler } from '../bus.ts';
import { parseMessage } from '../check-message.ts';
import type { Topic } from '../topics.ts';
import type { FetchedMessage } from './consumer-client.ts';
import type { KafkaSurroundings } from './kafka-options.ts';

/** Waits before a handler that has thrown gets the message again; then it is given up. */
const retryWaitsMs = [250, 1000, 4000];
/** What a handler meets when this process ends: no failing of the message, which comes again to whoever takes over. */
const endings = new Set(['bus-closed', 'sender-closed']);

export interface MessageWorkOptions extends Pick<KafkaSurroundings, 'clock' | 'random'> {
  /** Told each time a handler throws. */
  readonly onHandlerError: (error: unknown, topic: Topic, key: string) => void;
  /** Takes a message that nobody can handle; resolves with true when it need not be delivered again. */
  readonly giveUp: (message: FetchedMessage, failure: unknown) => Promise<boolean>;
  /** Ends the tries. */
  readonly signal: AbortSignal;
}

/** What became of a message so far. */
export interface Handled {
  /** True when it need not be delivered again, false when it was left. */
  readonly settled: Promise<boolean>;
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

  /** Resolves when the next message of the key may come. `isLeft`: whether the message is no longer ours. */
  async handle(message: FetchedMessage, isLeft: () => boolean): Promise<Handled> {
    const kept: Promise<unknown>[] = [];
    const delivery: Delivery = {
      keepUntil: (work) => {
        // Where the handler throws as well, nobody looks at it.
        work.catch(() => undefined);
        kept.push(work);
      },
    };
    try {
      await this.#try(message, delivery, isLeft);
      return { settled: this.#whenDone(message, Promise.all(kept), isLeft) };
    } catch (failure) {
      return { settled: Promise.resolve(await this.#fail(message, failure, isLeft)) };
    }
  }

  /** What was begun for the message is not begun again where it fails: those that came after it may be done. */
  async #whenDone(message: FetchedMessage, work: Promise<unknown>, isLeft: () => boolean): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (failure) {
      if (!this.#isEnding(failure, isLeft)) this.#options.onHandlerError(failure, this.#topic, keyOf(message));
      return this.#fail(message, failure, isLeft);
    }
  }

  async #fail(message: FetchedMessage, failure: unknown, isLeft: () => boolean): Promise<boolean> {
    return this.#isEnding(failure, isLeft) ? false : this.#options.giveUp(message, failure);
  }

  /** Throws what the last try threw. */
  async #try(message: FetchedMessage, delivery: Delivery, isLeft: () => boolean): Promise<void> {
    const { clock, random, onHandlerError, signal } = this.#options;
    const content = parseMessage(this.#topic, message.value);
    const key = message.key === null ? String(content.cameraId) : keyOf(message);
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#handler(content, key, delivery);
      } catch (error) {
        if (this.#isEnding(error, isLeft)) throw error;
        onHandlerError(error, this.#topic, key);
        const waitMs = retryWaitsMs[tries];
        if (waitMs === undefined) throw error;
        await wait(clock, waitMs * (0.5 + random() / 2), signal);
        if (this.#isEnding(error, isLeft)) throw error;
      }
    }
  }

  #isEnding(failure: unknown, isLeft: () => boolean): boolean {
    return this.#options.signal.aborted || isLeft() || endings.has(errorCode(failure));
  }
}

function keyOf({ key }: FetchedMessage): string {
  return key?.toString('utf8') ?? '';
}
