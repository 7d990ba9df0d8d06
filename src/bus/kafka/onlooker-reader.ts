/** One who reads for itself alone. */
import { errorMessage } from '../../errors.ts';
import { wait } from '../../time/wait.ts';
import { withinLimit } from '../../time/within-limit.ts';
import type { FetchedMessage, Position } from './consumer-client.ts';
import { KafkaFaultError, notConnected } from './kafka-fault.ts';
import type { KafkaReaderStats } from './kafka-options.ts';
import { keepConnecting } from './keep-connecting.ts';
import { type ConnectedParts, ReaderCore, type ReaderOptions, type RunningReader } from './reader-core.ts';
import { repeat } from './repeat.ts';

const lagIntervalMs = 5000;
/** How soon a topic that is missing, and a partition that is new, is noticed. */
const missingTopicIntervalMs = 2000;
const newPartitionIntervalMs = 60_000;
/** The same while no broker was found yet. */
const notConnectedIntervalMs = 100;

/**
 * Reads all partitions of some topics, from their ends on. It is in no group, so it shares nothing, commits nothing and
 * leaves nothing behind at the brokers. What it cannot handle is said and left out. Runs on the event loop.
 */
export class OnlookerReader implements RunningReader {
  readonly #options: ReaderOptions;
  readonly #core: ReaderCore;
  readonly #closing = new AbortController();

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#core = new ReaderCore(options, {
      signal: this.#closing.signal,
      giveUp: async (message, failure) => this.#leaveOut(message, failure),
    });
    this.#core.start(() => this.#run());
  }

  stats(): KafkaReaderStats {
    return this.#core.stats();
  }

  close(): Promise<void> {
    return this.#core.close(() => this.#end());
  }

  async #run(): Promise<void> {
    const { clock, connect } = this.#options;
    const { signal } = this.#closing;
    const listener = { onAssign: () => {}, onRevoke: () => {}, onCommitted: () => {} };
    const client = await keepConnecting(() => connect(listener), { ...this.#options, name: this.#core.name, signal });
    if (client === undefined) return;
    const parts = this.#core.connected(client);
    await Promise.all([
      this.#follow(parts),
      parts.intake.run(signal),
      repeat(() => parts.lagMeter.measure(signal), lagIntervalMs, clock, signal),
    ]);
  }

  /** Reads the partitions that there are, and those that come. */
  async #follow(parts: ConnectedParts): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) await wait(clock, await this.#readNew(parts), signal);
  }

  /** Gives how soon to look again. */
  async #readNew({ client, intake, lagMeter }: ConnectedParts): Promise<number> {
    const { assignment, counts, topics } = this.#core;
    try {
      const positions: Position[] = [];
      for (const topic of topics) positions.push(...(await this.#newPositions(topic)));
      if (positions.length > 0 && !this.#closing.signal.aborted) {
        assignment.add(positions);
        for (const { topic, partition, offset } of positions) {
          const progress = assignment.of(topic, partition);
          if (progress !== undefined) progress.start = offset;
        }
        client.assignFrom(positions);
        counts.rebalanced();
        intake.join(positions);
        await lagMeter.measure(this.#closing.signal);
      }
      const isComplete = topics.every((topic) => assignment.of(topic, 0) !== undefined);
      return isComplete ? newPartitionIntervalMs : missingTopicIntervalMs;
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      if (error.fault === notConnected) return notConnectedIntervalMs;
      this.#core.sayFault(error.fault);
      return missingTopicIntervalMs;
    }
  }

  /** Where partitions that are not read yet end; one that a topic has got since begins with its first message. */
  async #newPositions(topic: string): Promise<Position[]> {
    const { assignment } = this.#core;
    const { cluster } = this.#options;
    const isKnown = assignment.of(topic, 0) !== undefined;
    const count = await cluster.partitionCount(topic);
    if (count === 0) this.#core.sayFault({ name: '_UNKNOWN_TOPIC', words: topic });
    const positions: Position[] = [];
    for (let partition = 0; partition < count; partition += 1) {
      if (assignment.of(topic, partition) !== undefined) continue;
      const { low, high } = await cluster.watermarks({ topic, partition });
      positions.push({ topic, partition, offset: isKnown ? low : high });
    }
    return positions;
  }

  #leaveOut({ topic, partition, offset }: FetchedMessage, failure: unknown): boolean {
    const { name } = this.#core;
    this.#options.lines.write(
      'error',
      `${name} left out ${topic}`,
      { topic, partition, offset },
      `${name} leaves out a message of ${topic}: ${errorMessage(failure)}`,
    );
    return true;
  }

  /** Lets handlers come to their end. */
  async #end(): Promise<void> {
    const { clock, closeLimitMs } = this.#options;
    const still = Promise.all(this.#core.assignment.all().map((progress) => progress.revoke())).then(() => {});
    await withinLimit(still, closeLimitMs, clock);
    this.#closing.abort();
  }
}
