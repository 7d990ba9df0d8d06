/** One reader in this process, as a member of its consumer group. */
import { wait } from '../../time/wait.ts';
import { withinLimit } from '../../time/within-limit.ts';
import { positionsOf } from './assignment.ts';
import { Commits } from './commits.ts';
import type { ConsumerClient, TopicPartition } from './consumer-client.ts';
import { DeadLetters } from './dead-letters.ts';
import { KafkaFaultError } from './kafka-fault.ts';
import type { BrokerSender, KafkaReaderStats } from './kafka-options.ts';
import { keepConnecting } from './keep-connecting.ts';
import type { PartitionProgress } from './partition-progress.ts';
import { type ConnectedParts, ReaderCore, type ReaderOptions, type RunningReader } from './reader-core.ts';
import { repeat } from './repeat.ts';
import { Turns } from './turns.ts';

const commitIntervalMs = 1000;
const lagIntervalMs = 5000;
/** How long handlers of partitions that are to be given away may go on; the whole group waits for it. */
const revokeLimitMs = 5000;
/** How long close() waits for the broker to hear of what is handled, and that this member leaves. */
const farewellLimitMs = 1000;
const givenAwayPollMs = 10;

export interface GroupReaderOptions extends ReaderOptions {
  /** Takes dead letters. */
  readonly sender: BrokerSender;
}

/** What there is while a consumer is connected. */
interface MemberParts extends ConnectedParts {
  readonly commits: Commits;
}

/**
 * Reads its share of some topics. What is handled is committed once a second, when a partition is given away and at the
 * end; never what is not. After a crash, or when handling takes longer than a partition can be kept, messages come again:
 * to whoever has the partition then. Runs on the event loop.
 */
export class GroupReader implements RunningReader {
  readonly #options: GroupReaderOptions;
  readonly #core: ReaderCore;
  readonly #deadLetters: DeadLetters;
  /** Nothing new is begun. */
  readonly #closing = new AbortController();
  /** Handlers are not waited for any more, and what has failed is not tried again. */
  readonly #leaving = new AbortController();
  /** The last partition is given away. */
  readonly #left = new AbortController();
  /** Partitions come and go one change after the other. */
  readonly #changes = new Turns();
  #parts: MemberParts | undefined;

  constructor(options: GroupReaderOptions) {
    this.#options = options;
    this.#deadLetters = new DeadLetters(options);
    this.#core = new ReaderCore(options, {
      signal: this.#leaving.signal,
      giveUp: async (message, failure) => {
        const isKept = await this.#deadLetters.keep(message, failure, this.#leaving.signal);
        if (isKept) this.#core.counts.deadLetter(message.topic);
        return isKept;
      },
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
    const { clock } = this.#options;
    const client = await this.#connect();
    if (client === undefined) return;
    const { signal } = this.#closing;
    const parts = {
      ...this.#core.connected(client),
      commits: new Commits(client, clock, (fault) => this.#core.sayFault(fault)),
    };
    this.#parts = parts;
    client.subscribe(this.#core.topics);
    await Promise.all([
      // The library tells of partitions only to those who look for messages: until the last is given away.
      parts.intake.run(this.#left.signal),
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
      { ...this.#options, name: this.#core.name, signal: this.#closing.signal },
    );
  }

  async #onAssign(partitions: readonly TopicPartition[]): Promise<void> {
    const parts = this.#parts;
    if (parts === undefined) return;
    this.#core.counts.rebalanced();
    this.#core.assignment.add(partitions);
    this.#attempt(() => parts.client.assign(partitions));
    if (partitions.length === 0) return;
    this.#attempt(() => parts.intake.join(partitions));
    void this.#learnCommitted(parts, partitions);
  }

  /** Where the group has come to, for the lag of partitions that nothing comes from. */
  async #learnCommitted({ client, lagMeter }: MemberParts, partitions: readonly TopicPartition[]): Promise<void> {
    try {
      for (const { topic, partition, offset } of await client.committed(partitions)) {
        const progress = this.#core.assignment.of(topic, partition);
        if (progress !== undefined) progress.start = offset;
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
    this.#core.counts.rebalanced();
    const revoked = this.#core.assignment.remove(partitions);
    if (!this.#leaving.signal.aborted) await this.#handOver(parts, revoked, revokeLimitMs);
    parts.lagMeter.forget(partitions);
    parts.commits.forget(partitions);
    this.#attempt(() => parts.client.unassign(partitions));
  }

  async #handOver(parts: MemberParts, partitions: readonly PartitionProgress[], limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const still = Promise.all(partitions.map((progress) => progress.revoke())).then(() => {});
    if (partitions.length > 0) this.#attempt(() => parts.client.pause(partitions));
    await withinLimit(still, limitMs, clock);
    const committed = parts.commits.commit(() => positionsOf(partitions));
    await withinLimit(committed, farewellLimitMs, clock);
  }

  #commit({ commits }: MemberParts): Promise<void> {
    return commits.commit(() => positionsOf(this.#core.assignment.all()));
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    const parts = this.#parts;
    if (parts !== undefined) await this.#leave(parts);
    this.#leaving.abort();
    this.#left.abort();
  }

  /** Hands everything over and leaves the group, so that others need not wait until this member is missed. */
  async #leave(parts: MemberParts): Promise<void> {
    const { clock, closeLimitMs } = this.#options;
    // A change that is under way ends first.
    const handedOver = this.#changes.take(() => this.#handOver(parts, this.#core.assignment.all(), closeLimitMs));
    await withinLimit(handedOver, closeLimitMs + farewellLimitMs, clock);
    this.#leaving.abort();
    this.#attempt(() => parts.client.unsubscribe());
    await withinLimit(this.#allGivenAway(), farewellLimitMs, clock);
  }

  /** The library tells of the partitions that it takes back. */
  async #allGivenAway(): Promise<void> {
    while (this.#core.assignment.all().length > 0 && !this.#left.signal.aborted) {
      await wait(this.#options.clock, givenAwayPollMs);
    }
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      this.#core.sayFault(error.fault);
    }
  }
}
