import { errorMessage } from '../../errors.ts';
import type { Reader } from '../bus.ts';
import type { Topic } from '../topics.ts';
import { Assignment } from './assignment.ts';
import type { ClusterView } from './cluster-view.ts';
import type { ConnectConsumer, ConsumerClient, FetchedMessage } from './consumer-client.ts';
import { type Handlers, HandlingLanes } from './handling-lanes.ts';
import { Intake } from './intake.ts';
import { isUnknownTopic, type KafkaFault } from './kafka-fault.ts';
import type { KafkaReaderStats, KafkaSurroundings } from './kafka-options.ts';
import { LagMeter } from './lag-meter.ts';
import type { MessageWorkOptions } from './message-work.ts';
import type { ReaderCounts } from './reader-counts.ts';
import type { Turns } from './turns.ts';

export interface ReaderOptions extends KafkaSurroundings {
  readonly reader: Reader;
  readonly handlers: Handlers;
  readonly connect: ConnectConsumer;
  readonly cluster: ClusterView;
  /** Readers of a process connect one after the other. */
  readonly turns: Turns;
  readonly counts: ReaderCounts;
  /** Messages, and bytes of them, that may be taken and not handled. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  /** Told each time a handler throws. */
  readonly onHandlerError: (error: unknown, topic: Topic, key: string) => void;
  /** How long close() waits for handlers. */
  readonly closeLimitMs: number;
}

/** A reader that runs, whoever it is. */
export interface RunningReader {
  stats(): KafkaReaderStats;
  /** Takes nothing more; waits, within its limits, for handlers, and leaves. Safe to call twice. */
  close(): Promise<void>;
}

/** What takes from a consumer once that is connected. */
export interface ConnectedParts {
  readonly client: ConsumerClient;
  readonly intake: Intake;
  readonly lagMeter: LagMeter;
}

/** What all readers have in common: partitions, what is taken of them, who handles it, what is counted, and one end. */
export class ReaderCore {
  /** Who it is, in the log. */
  readonly name: string;
  readonly assignment = new Assignment();
  readonly counts: ReaderCounts;
  readonly #options: ReaderOptions;
  readonly #lanes: HandlingLanes;
  #parts: ConnectedParts | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: ReaderOptions, work: Pick<MessageWorkOptions, 'giveUp' | 'signal'>) {
    this.#options = options;
    this.name = `kafka reader ${options.reader}`;
    this.counts = options.counts;
    this.#lanes = new HandlingLanes({
      ...options,
      ...work,
      onLeave: ({ size }) => this.#parts?.intake.release(size),
    });
  }

  get topics(): readonly Topic[] {
    return [...this.#options.handlers.keys()];
  }

  /** Runs until the reader is closed; what ends it before is said. */
  start(run: () => Promise<void>): void {
    this.#running = run().catch((error) => {
      this.#options.lines.write(
        'error',
        `${this.name} failed`,
        {},
        `${this.name} reads no more: ${errorMessage(error)}`,
      );
    });
  }

  /** Ends, once: `end` lets what runs come to its end, then the consumer is closed. */
  close(end: () => Promise<void>): Promise<void> {
    this.#closed ??= this.#close(end);
    return this.#closed;
  }

  /** The consumer is connected: what is taken from it from now on is handled. */
  connected(client: ConsumerClient): ConnectedParts {
    const { clock, maxMessages, maxBytes } = this.#options;
    const partitions = () => this.assignment.all();
    const intake = new Intake({
      client,
      clock,
      maxMessages,
      maxBytes,
      partitions,
      onMessages: (messages) => this.#take(intake, messages),
      onFault: (fault) => this.sayFault(fault),
    });
    this.#parts = { client, intake, lagMeter: new LagMeter(this.#options.cluster, partitions) };
    return this.#parts;
  }

  stats(): KafkaReaderStats {
    return {
      reader: this.#options.reader,
      inFlight: this.#parts?.intake.inFlight ?? 0,
      isPaused: this.#parts?.intake.isPaused ?? false,
      rebalances: this.counts.rebalances,
      topics: this.counts.read(this.topics, this.assignment.all()),
      lag: this.#parts?.lagMeter.lag() ?? [],
    };
  }

  sayFault(fault: KafkaFault): void {
    const words = isUnknownTopic(fault)
      ? `${this.topics.join(' or ')} does not exist: \`roadwatch topics create\` makes it`
      : `${fault.words} (${fault.name})`;
    this.#options.lines.write('warn', `${this.name} ${fault.name}`, { code: fault.name }, `${this.name}: ${words}`);
  }

  async #close(end: () => Promise<void>): Promise<void> {
    await end();
    await this.#running;
    await this.#parts?.client.close();
  }

  /** What came of partitions that are given away meanwhile is left to those who have them then. */
  #take(intake: Intake, messages: readonly FetchedMessage[]): void {
    for (const message of messages) {
      const taken = this.assignment.of(message.topic, message.partition)?.take(message.offset);
      if (taken === undefined) {
        intake.release(message.size);
        continue;
      }
      this.counts.received(message.topic);
      this.#lanes.accept(message, taken);
    }
  }
}
