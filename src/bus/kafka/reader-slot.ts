import { RoadwatchError } from '../../errors.ts';
import type { MessageHandler } from '../bus.ts';
import type { Topic } from '../topics.ts';
import type { RunningReader } from './group-reader.ts';
import type { Handlers } from './handling-lanes.ts';
import { Turns } from './turns.ts';

/** Starts a reader for the topics and handlers given. */
export type StartReader = (handlers: Handlers) => RunningReader;

/**
 * One reader of this process, and which topics it is for. Where topics come or go, it is started anew: those that come in
 * one go start it once.
 */
export class ReaderSlot {
  readonly #start: StartReader;
  readonly #handlers = new Map<Topic, MessageHandler<Topic>>();
  readonly #turns = new Turns();
  #running: RunningReader | undefined;
  #isChanging = false;
  #isClosed = false;

  constructor(start: StartReader) {
    this.#start = start;
  }

  get running(): RunningReader | undefined {
    return this.#running;
  }

  /** The topic is read until the function returned is called. */
  add(topic: Topic, handler: MessageHandler<Topic>): () => void {
    if (this.#handlers.has(topic)) {
      throw new RoadwatchError('reader-taken', `${topic}: expected one handler for each reader, received another`);
    }
    this.#handlers.set(topic, handler);
    this.#change();
    return () => {
      if (this.#handlers.get(topic) !== handler) return;
      this.#handlers.delete(topic);
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
    this.#running = this.#handlers.size > 0 ? this.#start(new Map(this.#handlers)) : undefined;
  }
}
