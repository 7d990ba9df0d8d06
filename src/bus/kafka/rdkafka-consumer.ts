import type { KafkaConsumer, LibrdKafkaError, Message, TopicPartitionOffset } from 'node-rdkafka';
import { ask } from './ask.ts';
import { connectClient } from './connect-client.ts';
import type { ConnectConsumer, ConsumerClient, FetchedMessage, Position, TopicPartition } from './consumer-client.ts';
import { type KafkaFault, KafkaFaultError } from './kafka-fault.ts';
import type { KafkaLibrary } from './kafka-library.ts';
import type { KafkaSurroundings } from './kafka-options.ts';
import type { ClientSettings } from './kafka-settings.ts';
import { sayEvents } from './library-events.ts';

/** How long an answer of a broker is waited for; each such wait holds one of libuv's few threads. */
const answerLimitMs = 2000;
/** The library gives what it has and does not wait: a wait would hold a thread. */
const noWaitMs = 0;

export interface ConsumersOptions {
  readonly settings: ClientSettings;
  /** Whether partitions come and go one by one, as the group's strategy has it, or all at once. */
  readonly cooperative: boolean;
  readonly lines: KafkaSurroundings['lines'];
  readonly name: string;
}

/** Connects consumers of librdkafka. */
export function rdkafkaConsumers(
  library: KafkaLibrary,
  { settings, cooperative, lines, name }: ConsumersOptions,
): ConnectConsumer {
  const assignCode = library.rdkafka.CODES.ERRORS.ERR__ASSIGN_PARTITIONS;
  return async (listener) => {
    const consumer = new library.rdkafka.KafkaConsumer(
      {
        ...settings.global,
        rebalance_cb: ({ code }: LibrdKafkaError, partitions: TopicPartition[]) => {
          if (code === assignCode) listener.onAssign(partitions);
          else listener.onRevoke(partitions);
        },
        offset_commit_cb: (error: unknown, positions: Position[]) => {
          listener.onCommitted(error ? library.faultOf(error) : undefined, positions);
        },
      },
      settings.topic,
    );
    sayEvents(consumer, { library, name, lines });
    await connectClient(consumer, library);
    consumer.setDefaultConsumeTimeout(noWaitMs);
    return new RdkafkaConsumer(consumer, library, cooperative);
  };
}

class RdkafkaConsumer implements ConsumerClient {
  readonly #consumer: KafkaConsumer;
  readonly #library: KafkaLibrary;
  readonly #cooperative: boolean;

  constructor(consumer: KafkaConsumer, library: KafkaLibrary, cooperative: boolean) {
    this.#consumer = consumer;
    this.#library = library;
    this.#cooperative = cooperative;
  }

  subscribe(topics: readonly string[]): void {
    this.#try(() => this.#consumer.subscribe([...topics]));
  }

  unsubscribe(): void {
    this.#try(() => this.#consumer.unsubscribe());
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.#try(() => {
      if (this.#cooperative) this.#consumer.incrementalAssign([...partitions]);
      else this.#consumer.assign([...partitions]);
    });
  }

  assignFrom(positions: readonly Position[]): void {
    this.#try(() => this.#consumer.incrementalAssign([...positions]));
  }

  unassign(partitions: readonly TopicPartition[]): void {
    this.#try(() => {
      if (this.#cooperative) this.#consumer.incrementalUnassign([...partitions]);
      else this.#consumer.unassign();
    });
  }

  poll(max: number): Promise<{ messages: readonly FetchedMessage[]; fault?: KafkaFault }> {
    return new Promise((resolve) => {
      const take = (error: unknown, messages: readonly FetchedMessage[]) => {
        resolve(error ? { messages: [], fault: this.#library.faultOf(error) } : { messages });
      };
      try {
        // Keys are never text here: the library gives bytes, or null.
        this.#consumer.consume(max, take as (error: LibrdKafkaError, messages: Message[]) => void);
      } catch (error) {
        take(error, []);
      }
    });
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#try(() => this.#consumer.pause([...partitions]));
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#try(() => this.#consumer.resume([...partitions]));
  }

  commit(positions: readonly Position[]): void {
    this.#try(() => this.#consumer.commit([...positions]));
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly Position[]> {
    const positions = await ask<TopicPartitionOffset[]>(this.#library, (answer) => {
      this.#consumer.committed([...partitions], answerLimitMs, answer);
    });
    return positions.filter(({ offset }) => typeof offset === 'number' && offset >= 0);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#consumer.isConnected()) return resolve();
      this.#consumer.disconnect(() => resolve());
    });
  }

  #try(call: () => void): void {
    try {
      call();
    } catch (error) {
      throw new KafkaFaultError(this.#library.faultOf(error));
    }
  }
}
