import type { Topic } from '../topics.ts';

/** One message that was taken of a partition. */
export interface Taken {
  readonly offset: number;
  /** The partition it was taken of, as long as that is assigned. */
  readonly progress: PartitionProgress;
}

/**
 * How far a partition's messages are handled, from its assignment to its revocation. Messages may be handled in any order;
 * what may be committed goes up to the first that is not. Used on the event loop.
 */
export class PartitionProgress {
  readonly topic: Topic;
  readonly partition: number;
  /** Where it begins for us, as far as that is known. */
  start: number | undefined;
  /** Taken and not handled, in the order of their offsets. */
  #open = new Set<Taken>();
  /** The offset after the last one taken. */
  #next: number | undefined;
  #running = 0;
  #isRevoked = false;
  readonly #stillListeners: (() => void)[] = [];

  constructor(topic: Topic, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Whether the partition belongs to somebody else now, or soon will. */
  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /**
   * The offset up to which, not including it, everything is handled: what may be committed. Nothing where no message was
   * taken yet.
   */
  get position(): number | undefined {
    for (const first of this.#open) return first.offset;
    return this.#next;
  }

  /** A message is taken. Nothing where the partition is revoked: others will handle it. */
  take(offset: number): Taken | undefined {
    if (this.#isRevoked) return undefined;
    // Offsets that go back belong to a topic that was made anew, or has lost its end: what was before means nothing there.
    if (this.#next !== undefined && offset < this.#next) this.#open = new Set();
    this.#next = offset + 1;
    const taken: Taken = { offset, progress: this };
    this.#open.add(taken);
    return taken;
  }

  /** Whether the message may be handled. What is begun is to be ended. */
  begin(): boolean {
    if (this.#isRevoked) return false;
    this.#running += 1;
    return true;
  }

  /** The handling of a message has ended; `isHandled`: it need not be delivered again. */
  end(taken: Taken, isHandled: boolean): void {
    if (isHandled) this.#open.delete(taken);
    this.#running -= 1;
    if (this.#running > 0) return;
    for (const still of this.#stillListeners.splice(0)) still();
  }

  /** Begins nothing more; resolves when what was begun has ended. */
  revoke(): Promise<void> {
    this.#isRevoked = true;
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#stillListeners.push(resolve));
  }
}
