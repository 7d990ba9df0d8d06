import type { Clock } from '../../time/clock.ts';
import { wait } from '../../time/wait.ts';
import { withinLimit } from '../../time/within-limit.ts';
import type { ConsumerClient, FetchedMessage, TopicPartition } from './consumer-client.ts';
import { type KafkaFault, KafkaFaultError } from './kafka-fault.ts';

/** Messages that are taken at a time. */
const maxBatch = 100;
/** How soon it is looked again where there was nothing; twice as long each time there is nothing again. */
const firstPollWaitMs = 10;
const longestPollWaitMs = 40;
/** The same while nothing is wanted: looking keeps the membership of the group alive. */
const pausedPollWaitMs = 100;
/** How long it is waited for room before partitions are paused, which throws away what is fetched ahead. */
const pauseAfterMs = 250;
/** Wait after a fault of the library. */
const faultWaitMs = 200;

export interface IntakeOptions {
  readonly client: ConsumerClient;
  readonly clock: Clock;
  /** Messages, and bytes of them, that may be taken and not handled; the bytes of one batch may come on top. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** The partitions that are read now. */
  readonly partitions: () => readonly TopicPartition[];
  readonly onMessages: (messages: readonly FetchedMessage[]) => void;
  readonly onFault: (fault: KafkaFault) => void;
}

/**
 * Takes messages from a consumer as long as there is room for them. Where there is none for a while, partitions are paused,
 * until half of the room is free. It looks for messages all the time, paused or not.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #messages = 0;
  #bytes = 0;
  #isPaused = false;
  #pollWaitMs = firstPollWaitMs;
  #onRoom: (() => void) | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Taken and not handled. */
  get inFlight(): number {
    return this.#messages;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Takes messages until it is told to stop. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#onRoom?.(), { once: true });
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        if (!(error instanceof KafkaFaultError)) throw error;
        await this.#rest(error.fault, signal);
      }
    }
  }

  /** A message of so many bytes is handled, or given up: its room is free. */
  release(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
    if (this.#room() > 0) this.#onRoom?.();
  }

  /** Partitions have come: they are read, or paused like the others. */
  join(partitions: readonly TopicPartition[]): void {
    if (this.#isPaused) this.#options.client.pause(partitions);
    // The library remembers a pause from the last time they were here.
    else this.#options.client.resume(partitions);
  }

  async #step(signal: AbortSignal): Promise<void> {
    if (this.#isPaused && this.#isHalfFree()) this.#setPaused(false);
    if (!this.#isPaused && this.#room() === 0) {
      await this.#roomWithin(pauseAfterMs);
      if (this.#room() === 0 && !signal.aborted) this.#setPaused(true);
      return;
    }
    const { client, clock, onMessages } = this.#options;
    const { messages, fault } = await client.poll(this.#isPaused ? 1 : Math.min(maxBatch, this.#room()));
    if (fault !== undefined) {
      await this.#rest(fault, signal);
    } else if (messages.length > 0) {
      this.#pollWaitMs = firstPollWaitMs;
      for (const { size } of messages) this.#take(size);
      onMessages(messages);
    } else {
      await wait(clock, this.#isPaused ? pausedPollWaitMs : this.#pollWaitMs, signal);
      this.#pollWaitMs = Math.min(longestPollWaitMs, this.#pollWaitMs * 2);
    }
  }

  #take(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  #room(): number {
    const { maxMessages, maxBytes } = this.#options;
    return this.#bytes < maxBytes ? Math.max(0, maxMessages - this.#messages) : 0;
  }

  #isHalfFree(): boolean {
    const { maxMessages, maxBytes } = this.#options;
    return this.#messages <= maxMessages / 2 && this.#bytes <= maxBytes / 2;
  }

  #setPaused(isPaused: boolean): void {
    const { client, partitions } = this.#options;
    this.#isPaused = isPaused;
    if (isPaused) client.pause(partitions());
    else client.resume(partitions());
  }

  async #rest(fault: KafkaFault, signal: AbortSignal): Promise<void> {
    this.#options.onFault(fault);
    await wait(this.#options.clock, faultWaitMs, signal);
  }

  async #roomWithin(limitMs: number): Promise<void> {
    const room = new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
    await withinLimit(room, limitMs, this.#options.clock);
    this.#onRoom = undefined;
  }
}
