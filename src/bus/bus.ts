import type { MessageOf, Topic } from './topics.ts';

/** Reads the messages of one topic; the next message of the same key waits until it has finished. */
export type MessageHandler<T extends Topic> = (message: MessageOf<T>, key: string) => void | Promise<void>;

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
  /** Reads from now on, until the function returned is called. */
  subscribe<T extends Topic>(topic: T, handler: MessageHandler<T>): () => void;
  /** Whether a message of this topic would reach anybody. */
  hasSubscribers(topic: Topic): boolean;
  /** Accepts nothing more and resolves when the handlers have finished what was accepted. Safe to call twice. */
  close(): Promise<void>;
}
