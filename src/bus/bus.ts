import type { MessageOf, Topic } from './topics.ts';

/** What a reader knows of a message's way to it. */
export interface Delivery {
  /**
   * The message counts as handled only when `work` has resolved, too; the next one of its key does not wait for that.
   * A bus that outlives the process delivers what was not handled again, to whoever takes over; work that rejects has failed
   * its message for good, unless with `bus-closed`.
   */
  keepUntil(work: Promise<unknown>): void;
}

/** Reads the messages of one topic; the next message of the same key waits until it has returned (or resolved). */
export type MessageHandler<T extends Topic> = (
  message: MessageOf<T>,
  key: string,
  delivery: Delivery,
) => void | Promise<void>;

/**
 * Who reads. Processes that name the same reader share its messages out among them, by key; `onlooker` stands for
 * itself alone: each process that names it gets every message, from now on.
 */
export type Reader = 'task-generator' | 'llm-scheduler' | 'result-aggregator' | 'onlooker';

/**
 * Carries messages from those who make them to those who read them; neither knows the other. Messages of one key reach
 * a reader in the order in which they were published; different keys don't wait for each other.
 */
export interface Bus {
  /**
   * Checks the message against the topic's schema (`bad-message` when it does not fit) and resolves when it is
   * accepted; while a reader's queue is full it waits. `bus-closed` after close().
   */
  publish<T extends Topic>(topic: T, key: string, message: MessageOf<T>): Promise<void>;
  /** Reads until the function returned is called. */
  subscribe<T extends Topic>(topic: T, reader: Reader, handler: MessageHandler<T>): () => void;
  /** Whether a message of this topic would reach anybody. */
  hasSubscribers(topic: Topic): boolean;
  /** Accepts nothing more and resolves when the handlers have finished what was accepted. Safe to call twice. */
  close(): Promise<void>;
}
