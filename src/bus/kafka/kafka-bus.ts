/** The bus of many processes: topics of a Kafka cluster. */

import { randomUUID } from 'node:crypto';
import { RoadwatchError } from '../../errors.ts';
import type { Bus, MessageHandler, Reader } from '../bus.ts';
import { checkMessage } from '../check-message.ts';
import { recordOfMessage } from '../record-of-message.ts';
import type { MessageOf, Topic } from '../topics.ts';
import { GroupReader } from './group-reader.ts';
import type { Handlers } from './handling-lanes.ts';
import { type KafkaLibrary, loadKafkaLibrary } from './kafka-library.ts';
import type { KafkaBusOptions, KafkaReaderStats } from './kafka-options.ts';
import { checkSecurityFiles, consumerSettings } from './kafka-settings.ts';
import { OnlookerReader } from './onlooker-reader.ts';
import { rdkafkaConsumers } from './rdkafka-consumer.ts';
import type { RunningReader } from './reader-core.ts';
import { ReaderCounts } from './reader-counts.ts';
import { ReaderSlot } from './reader-slot.ts';
import { Turns } from './turns.ts';

const defaultCloseLimitMs = 1000;
/** Bytes of messages that a reader may have taken and not handled. */
const maxBytesInFlight = 64 * 1_048_576;

/**
 * Publishes to topics and reads them; nothing waits for brokers to be there but publishing itself. `publish` resolves when
 * the message's sender has it for good. Every message comes at least once to each reader, in order by key; what was not
 * handled when a process ended, or lost its partitions, comes again, so readers drop repeats by the messages' ids. What a
 * handler cannot handle after some tries becomes a dead letter. Runs on the event loop of the main thread.
 */
export class KafkaBus implements Bus {
  readonly #options: KafkaBusOptions;
  readonly #library: KafkaLibrary;
  /** Names the onlooker of this process. */
  readonly #processId = randomUUID();
  readonly #turns = new Turns();
  readonly #slots = new Map<Reader, ReaderSlot>();
  #closing: Promise<void> | undefined;

  /** `kafka-settings` where a file of certificates or keys cannot be read. */
  static async open(options: KafkaBusOptions): Promise<KafkaBus> {
    await checkSecurityFiles(options.settings.security);
    return new KafkaBus(options, loadKafkaLibrary());
  }

  private constructor(options: KafkaBusOptions, library: KafkaLibrary) {
    this.#options = options;
    this.#library = library;
  }

  async publish<T extends Topic>(topic: T, key: string, message: MessageOf<T>): Promise<void> {
    if (this.#closing !== undefined) throw new RoadwatchError('bus-closed', `cannot publish to ${topic}: bus closed`);
    checkMessage(topic, message);
    const { sender, senderOf = () => sender } = this.#options;
    await senderOf(topic).send(recordOfMessage(topic, key, message));
  }

  /** A topic has one handler for each reader of a process, onlookers excepted: `reader-taken` where there is one already. */
  subscribe<T extends Topic>(topic: T, reader: Reader, handler: MessageHandler<T>): () => void {
    if (this.#closing !== undefined) throw new RoadwatchError('bus-closed', `cannot subscribe to ${topic}: bus closed`);
    // Only messages of this topic reach it.
    return this.#slotOf(reader).add(topic, handler as MessageHandler<Topic>);
  }

  /** Whoever reads a topic may be in another process: always, until the bus is closed. */
  hasSubscribers(_topic: Topic): boolean {
    return this.#closing === undefined;
  }

  /** What each reader of this process has come to. */
  stats(): KafkaReaderStats[] {
    return [...this.#slots.values()].flatMap((slot) => slot.running?.stats() ?? []);
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#slots.values()].map((slot) => slot.close())).then(() => {});
    return this.#closing;
  }

  #slotOf(reader: Reader): ReaderSlot {
    const known = this.#slots.get(reader);
    if (known !== undefined) return known;
    const counts = new ReaderCounts();
    const slot = new ReaderSlot((handlers) => this.#start(reader, handlers, counts), {
      maySeveral: reader === 'onlooker',
    });
    this.#slots.set(reader, slot);
    return slot;
  }

  #start(reader: Reader, handlers: Handlers, counts: ReaderCounts): RunningReader {
    const { settings, sender, closeLimitMs = defaultCloseLimitMs } = this.#options;
    const isOnlooker = reader === 'onlooker';
    const cooperative = isOnlooker || handlers.size === 1;
    const options = {
      ...this.#options,
      reader,
      handlers,
      counts,
      cluster: sender,
      turns: this.#turns,
      maxMessages: settings.maxInFlight,
      maxBytes: maxBytesInFlight,
      closeLimitMs,
      connect: rdkafkaConsumers(this.#library, {
        settings: consumerSettings(settings, {
          groupId: `${settings.groupPrefix}-${reader}${isOnlooker ? `-${this.#processId}` : ''}`,
          clientId: `roadwatch-${reader}`,
          // Several topics that are joined by key: the same partitions of each have to come to the same process.
          strategy: cooperative ? 'cooperative-sticky' : 'range',
          sessionTimeoutMs: settings.sessionTimeoutMs,
          otherwise: isOnlooker ? 'latest' : 'earliest',
        }),
        cooperative,
        lines: this.#options.lines,
        name: `kafka reader ${reader}`,
      }),
    };
    return isOnlooker ? new OnlookerReader(options) : new GroupReader({ ...options, sender });
  }
}
