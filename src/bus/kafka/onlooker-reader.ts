/** One who reads for itself alone. */
import { errorMessage } from '../../errors.ts';
import { wait } from '../../time/wait.ts';
import { withinLimit } from '../../time/within-limit.ts';
import { Assignment } from './assignment.ts';
import type { ConsumerClient, FetchedMessage, TopicPartition } from './consumer-client.ts';
import type { ReaderOptions, RunningReader } from './group-reader.ts';
import { HandlingLanes } from './handling-lanes.ts';
import { Intake } from './intake.ts';
import { KafkaFaultError } from './kafka-fault.ts';
import type { KafkaReaderStats } from './kafka-options.ts';
import { keepConnecting } from './keep-connecting.ts';
import { LagMeter } from './lag-meter.ts';
import { ReaderCounts } from './reader-counts.ts';
import { repeat } from './repeat.ts';

const lagIntervalMs = 5000;
/** How soon a topic that is missing, and a partition that is new, is noticed. */
const missingTopicIntervalMs = 2000;
const newPartitionIntervalMs = 60_000;

/**
 * Reads all partitions of some topics, from their ends on. It is in no group, so it shares nothing, commits nothing and
 * leaves nothing behind at the brokers. What it cannot handle is said and left. Runs on the event loop.
 */
export class OnlookerReader implements RunningReader {
  readonly #options: ReaderOptions;
  readonly #name: string;
  readonly #closing = new AbortController();
  readonly #assignment = new Assignment();
  readonly #counts: ReaderCounts;
  readonly #lanes: HandlingLanes;
  #parts: { readonly client: ConsumerClient; readonly intake: Intake; readonly lagMeter: LagMeter } | undefined;
  readonly #running: Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#name = `kafka reader ${options.reader}`;
    this.#counts = new ReaderCounts(options.handlers.keys());
    this.#lanes = new HandlingLanes({
      ...options,
      signal: this.#closing.signal,
      giveUp: async (message, failure) => this.#leaveOut(message, failure),
      onLeave: ({ size }) => this.#parts?.intake.release(size),
    });
    this.#running = this.#run().catch((error) => {
      options.lines.write('error', `${this.#name} failed`, {}, `${this.#name} reads no more: ${errorMessage(error)}`);
    });
  }

  stats(): KafkaReaderStats {
    return {
      reader: this.#options.reader,
      inFlight: this.#parts?.intake.inFlight ?? 0,
      isPaused: this.#parts?.intake.isPaused ?? false,
      rebalances: this.#counts.rebalances,
      topics: this.#counts.topics(this.#assignment.all()),
      lag: this.#parts?.lagMeter.lag() ?? [],
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #run(): Promise<void> {
    const { clock, connect, maxMessages, maxBytes } = this.#options;
    const { signal } = this.#closing;
    const listener = { onAssign: () => {}, onRevoke: () => {}, onCommitted: () => {} };
    const client = await keepConnecting(() => connect(listener), { ...this.#options, name: this.#name, signal });
    if (client === undefined) return;
    const lagMeter = new LagMeter(client, () => this.#assignment.all());
    const intake = new Intake({
      client,
      clock,
      maxMessages,
      maxBytes,
      partitions: () => this.#assignment.all(),
      onMessages: (messages) => this.#onMessages(messages),
      onFault: (fault) => this.#say(fault.name, `${fault.words} (${fault.name})`),
    });
    this.#parts = { client, intake, lagMeter };
    await Promise.all([
      this.#follow(client, intake),
      intake.run(signal),
      repeat(() => lagMeter.measure(signal), lagIntervalMs, clock, signal),
    ]);
  }

  /** Reads the partitions that there are, and those that come. */
  async #follow(client: ConsumerClient, intake: Intake): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let isComplete = true;
      for (const topic of this.#options.handlers.keys()) {
        const partitions = await this.#newPartitions(client, topic);
        if (partitions.length > 0 && !signal.aborted) this.#read(client, intake, partitions);
        isComplete &&= this.#assignment.of(topic, 0) !== undefined;
      }
      await wait(clock, isComplete ? newPartitionIntervalMs : missingTopicIntervalMs, signal);
    }
  }

  async #newPartitions(client: ConsumerClient, topic: string): Promise<TopicPartition[]> {
    try {
      const count = await client.partitionCount(topic);
      if (count === 0) this.#say(topic, `topic ${topic} does not exist: \`roadwatch topics create\` makes it`);
      return Array.from({ length: count }, (_, partition) => ({ topic, partition })).filter(
        ({ partition }) => this.#assignment.of(topic, partition) === undefined,
      );
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      this.#say(error.fault.name, error.message);
      return [];
    }
  }

  #read(client: ConsumerClient, intake: Intake, partitions: readonly TopicPartition[]): void {
    try {
      client.assignAtEnd(partitions);
      this.#assignment.add(partitions);
      this.#counts.rebalanced();
      intake.join(partitions);
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      this.#say(error.fault.name, error.message);
    }
  }

  #onMessages(messages: readonly FetchedMessage[]): void {
    for (const message of messages) {
      const taken = this.#assignment.of(message.topic, message.partition)?.take(message.offset);
      if (taken === undefined) {
        this.#parts?.intake.release(message.size);
        continue;
      }
      this.#counts.received(message.topic);
      this.#lanes.accept(message, taken);
    }
  }

  #leaveOut({ topic, partition, offset }: FetchedMessage, failure: unknown): boolean {
    this.#options.lines.write(
      'error',
      `${this.#name} left out ${topic}`,
      { topic, partition, offset },
      `${this.#name} leaves out a message of ${topic}: ${errorMessage(failure)}`,
    );
    return true;
  }

  #say(subject: string, words: string): void {
    this.#options.lines.write('warn', `${this.#name} ${subject}`, {}, `${this.#name}: ${words}`);
  }

  async #close(): Promise<void> {
    const { clock, closeLimitMs } = this.#options;
    const still = Promise.all(this.#assignment.all().map((progress) => progress.revoke())).then(() => {});
    await withinLimit(still, closeLimitMs, clock);
    this.#closing.abort();
    await this.#running;
    await this.#parts?.client.close();
  }
}
