import { RoadwatchError } from '../../errors.ts';
import type { MessageHandler } from '../bus.ts';
import type { Topic } from '../topics.ts';
import type { Handlers } from './handling-lanes.ts';
import type { RunningReader } from './reader-core.ts';
import { Turns } from './turns.ts';

/** Starts a reader for the topics and handlers given. */
export type StartReader = (handlers: Handlers) => RunningReader;

/**
 * One reader of this process, and which topics it is for. Where topics come or go, it is started anew: those that come in
 * one go start it once.
 */
export class ReaderSlot {
  readonly #start: StartReader;
  /** Whether a topic may have several handlers: for those who share nothing with others. */
  readonly #maySeveral: boolean;
  readonly #handlers = new Map<Topic, Set<MessageHandler<Topic>>>();
  readonly #turns = new Turns();
  #running: RunningReader | undefined;
  #isChanging = false;
  #isClosed = false;

  constructor(start: StartReader, { maySeveral }: { readonly maySeveral: boolean }) {
    this.#start = start;
    this.#maySeveral = maySeveral;
  }

  get running(): RunningReader | undefined {
    return this.#running;
  }

  /** The topic is read until the function returned is called. */
  add(topic: Topic, handler: MessageHandler<Topic>): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    if (handlers.size > 0 && !this.#maySeveral) {
      throw new RoadwatchError('reader-taken', `${topic}: expected one handler for each reader, received another`);
    }
    this.#handlers.set(topic, handlers.add(handler));
    this.#change();
    return () => {
      if (!handlers.delete(handler)) return;
      if (handlers.size === 0) this.#handlers.delete(topic);
      this.#change();
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#handlers.clear();
    // One that is about to start does not wait for its turn.
    await Promise.all([this.#running?.close(), this.#turns.take(() => this.#restart())]);
  }

  #change(): void {
    if (this.#isChanging || this.#isClosed) return;
    this.#isChanging = true;
    void this.#turns.take(() => {
      this.#isChanging = false;
      return this.#restart();
    });
  }

  async #restart(): Promise<void> {
    await this.#running?.close();
    this.#running =
      this.#handlers.size > 0
        ? this.#start(new Map([...this.#handlers].map(([topic, all]) => [topic, asOne([...all])])))
        : undefined;
  }
}

/** Each gets every message; it is handled when all of them have. */
function asOne(handlers: readonly MessageHandler<Topic>[]): MessageHandler<Topic> {
  const [only] = handlers;
  if (only !== undefined && handlers.length === 1) return only;
  return async (...message) => {
    await Promise.all(handlers.map((handle) => handle(...message)));
  };
}
