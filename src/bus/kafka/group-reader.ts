/** One reader in this process, as a member of its consumer group. */
import { wait } from '../../time/wait.ts';
import { withinLimit } from '../../time/within-limit.ts';
import type { Reader } from '../bus.ts';
import type { Topic } from '../topics.ts';
import { Assignment, positionsOf } from './assignment.ts';
import { Commits } from './commits.ts';
import type { ConnectConsumer, ConsumerClient, FetchedMessage, TopicPartition } from './consumer-client.ts';
import { DeadLetters } from './dead-letters.ts';
import { type Handlers, HandlingLanes } from './handling-lanes.ts';
import { Intake } from './intake.ts';
import { isUnknownTopic, type KafkaFault, KafkaFaultError } from './kafka-fault.ts';
import type { BrokerSender, KafkaReaderStats, KafkaSurroundings } from './kafka-options.ts';
import { keepConnecting } from './keep-connecting.ts';
import { LagMeter } from './lag-meter.ts';
import type { PartitionProgress } from './partition-progress.ts';
import { ReaderCounts } from './reader-counts.ts';
import { repeat } from './repeat.ts';
import { Turns } from './turns.ts';

const commitIntervalMs = 1000;
const lagIntervalMs = 5000;
/** How long handlers of partitions that are to be given away may go on; the whole group waits for it. */
const revokeLimitMs = 5000;
/** How long close() waits for the broker to hear of what is handled, and that this member leaves. */
const farewellLimitMs = 1000;
const givenAwayPollMs = 10;

export interface ReaderOptions extends KafkaSurroundings {
  readonly reader: Reader;
  readonly handlers: Handlers;
  readonly connect: ConnectConsumer;
  readonly turns: Turns;
  /** Messages, and bytes of them, that may be taken and not handled. */
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly onHandlerError: (error: unknown, topic: Topic, key: string) => void;
  /** How long close() waits for handlers. */
  readonly closeLimitMs: number;
}

export interface GroupReaderOptions extends ReaderOptions {
  /** Takes dead letters. */
  readonly sender: BrokerSender;
}

/** A reader that runs, whoever it is. */
export interface RunningReader {
  stats(): KafkaReaderStats;
  /** Takes nothing more; waits, within its limits, for handlers, and leaves. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Reads its share of some topics. What is handled is committed once a second, when a partition is given away and at the
 * end; never what is not. After a crash, or when handling takes longer than a partition can be kept, messages come again:
 * to whoever has the partition then. Runs on the event loop.
 */
export class GroupReader implements RunningReader {
  readonly #options: GroupReaderOptions;
  readonly #name: string;
  readonly #closing = new AbortController();
  /** Ends handlers' next tries. */
  readonly #leaving = new AbortController();
  readonly #assignment = new Assignment();
  readonly #counts: ReaderCounts;
  readonly #lanes: HandlingLanes;
  /** Partitions come and go one change after the other. */
  readonly #changes = new Turns();
  #parts: ConnectedParts | undefined;
  readonly #running: Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(options: GroupReaderOptions) {
    this.#options = options;
    this.#name = `kafka reader ${options.reader}`;
    this.#counts = new ReaderCounts(options.handlers.keys());
    const deadLetters = new DeadLetters(options);
    this.#lanes = new HandlingLanes({
      ...options,
      signal: this.#leaving.signal,
      giveUp: (message, failure) => this.#giveUp(deadLetters, message, failure),
      onLeave: ({ size }) => this.#parts?.intake.release(size),
    });
    this.#running = this.#run().catch((error: Error) => {
      options.lines.write('error', `${this.#name} failed`, {}, `${this.#name} reads no more: ${error.message}`);
    });
  }

  stats(): KafkaReaderStats {
    const partitions = this.#assignment.all();
    return {
      reader: this.#options.reader,
      inFlight: this.#parts?.intake.inFlight ?? 0,
      isPaused: this.#parts?.intake.isPaused ?? false,
      rebalances: this.#counts.rebalances,
      topics: this.#counts.topics(partitions),
      lag: this.#parts?.lagMeter.lag() ?? [],
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #run(): Promise<void> {
    const { clock, handlers } = this.#options;
    const client = await this.#connect();
    if (client === undefined) return;
    const parts = this.#partsOf(client);
    this.#parts = parts;
    const { signal } = this.#closing;
    client.subscribe([...handlers.keys()]);
    await Promise.all([
      // Looking for messages goes on until the last partition is given away.
      parts.intake.run(parts.ended.signal),
      repeat(() => this.#commit(parts), commitIntervalMs, clock, signal),
      repeat(() => parts.lagMeter.measure(signal), lagIntervalMs, clock, signal),
    ]);
  }

  #connect(): Promise<ConsumerClient | undefined> {
    const { connect } = this.#options;
    return keepConnecting(
      () =>
        connect({
          onAssign: (partitions) => void this.#changes.take(() => this.#onAssign(partitions)),
          onRevoke: (partitions) => void this.#changes.take(() => this.#onRevoke(partitions)),
          onCommitted: (fault, positions) => this.#parts?.commits.answered(fault, positions),
        }),
      { ...this.#options, name: this.#name, signal: this.#closing.signal },
    );
  }

  #partsOf(client: ConsumerClient): ConnectedParts {
    const { clock, maxMessages, maxBytes } = this.#options;
    const onFault = (fault: KafkaFault) => this.#say(fault);
    return {
      client,
      ended: new AbortController(),
      commits: new Commits(client, clock, onFault),
      lagMeter: new LagMeter(client, () => this.#assignment.all()),
      intake: new Intake({
        client,
        clock,
        maxMessages,
        maxBytes,
        partitions: () => this.#assignment.all(),
        onMessages: (messages) => this.#onMessages(messages),
        onFault,
      }),
    };
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

  async #giveUp(deadLetters: DeadLetters, message: FetchedMessage, failure: unknown): Promise<boolean> {
    const isKept = await deadLetters.keep(message, failure, this.#leaving.signal);
    if (isKept) this.#counts.deadLetter(message.topic);
    return isKept;
  }

  async #onAssign(partitions: readonly TopicPartition[]): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    this.#counts.rebalanced();
    this.#assignment.add(partitions);
    this.#attempt(() => parts.client.assign(partitions));
    if (partitions.length === 0) return;
    this.#attempt(() => parts.intake.join(partitions));
    void this.#learnCommitted(parts, partitions);
  }

  /** Where the group has come to, for the lag of partitions that nothing comes from. */
  async #learnCommitted({ client, lagMeter }: ConnectedParts, partitions: readonly TopicPartition[]): Promise<void> {
    try {
      for (const { topic, partition, offset } of await client.committed(partitions)) {
        const progress = this.#assignment.of(topic, partition);
        if (progress !== undefined) progress.committed = offset;
      }
      await lagMeter.measure(this.#closing.signal);
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
    }
  }

  /** What is begun of the partitions may end, what is handled is committed, and then they are given away. */
  async #onRevoke(partitions: readonly TopicPartition[]): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    this.#counts.rebalanced();
    const revoked = this.#assignment.remove(partitions);
    if (!this.#leaving.signal.aborted) await this.#handOver(parts, revoked, revokeLimitMs);
    parts.lagMeter.forget(partitions);
    parts.commits.forget(partitions);
    this.#attempt(() => parts.client.unassign(partitions));
  }

  async #handOver(parts: ConnectedParts, partitions: readonly PartitionProgress[], limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const still = Promise.all(partitions.map((progress) => progress.revoke())).then(() => {});
    if (partitions.length > 0) this.#attempt(() => parts.client.pause(partitions));
    await withinLimit(still, limitMs, clock);
    await withinLimit(
      parts.commits.commit(() => positionsOf(partitions)),
      farewellLimitMs,
      clock,
    );
  }

  #commit({ commits }: ConnectedParts): Promise<void> {
    return commits.commit(() => positionsOf(this.#assignment.all()));
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const parts = this.#parts;
    if (parts !== undefined) await this.#leave(parts);
    this.#leaving.abort();
    await this.#running;
    await parts?.client.close();
  }

  /** Hands everything over and leaves the group, so that others need not wait until this member is missed. */
  async #leave(parts: ConnectedParts): Promise<void> {
    const { clock, closeLimitMs } = this.#options;
    // A change that is under way ends first.
    const handedOver = this.#changes.take(() => this.#handOver(parts, this.#assignment.all(), closeLimitMs));
    await withinLimit(handedOver, closeLimitMs + farewellLimitMs, clock);
    this.#leaving.abort();
    this.#attempt(() => parts.client.unsubscribe());
    await withinLimit(this.#allGivenAway(parts), farewellLimitMs, clock);
    parts.ended.abort();
  }

  /** The library tells of the partitions that it takes back. */
  async #allGivenAway({ ended }: ConnectedParts): Promise<void> {
    while (this.#assignment.all().length > 0 && !ended.signal.aborted) await wait(this.#options.clock, givenAwayPollMs);
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      this.#say(error.fault);
    }
  }

  #say(fault: KafkaFault): void {
    const words = isUnknownTopic(fault)
      ? `a topic of ${[...this.#options.handlers.keys()].join(', ')} does not exist: \`roadwatch topics create\` makes it`
      : `${fault.words} (${fault.name})`;
    this.#options.lines.write('warn', `${this.#name} ${fault.name}`, { code: fault.name }, `${this.#name}: ${words}`);
  }
}

/** What there is while a consumer is connected. */
interface ConnectedParts {
  readonly client: ConsumerClient;
  readonly intake: Intake;
  readonly commits: Commits;
  readonly lagMeter: LagMeter;
  /** Nothing is looked for any more. */
  readonly ended: AbortController;
}
