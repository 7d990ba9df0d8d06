/** What the parts that speak to Kafka are opened with, and what they tell of themselves. */
import type { Config } from '../../config/schema.ts';
import type { RepeatedLines } from '../../log.ts';
import type { Clock } from '../../time/clock.ts';
import type { Random } from '../../time/random.ts';
import type { Reader } from '../bus.ts';
import type { RecordSender } from '../outgoing-record.ts';
import type { Topic } from '../topics.ts';
import type { ClusterView } from './cluster-view.ts';

/** How brokers are found and reached: `kafka` and `uplink` of the configuration both say it. */
export type KafkaConnection = Pick<Config['kafka'], 'bootstrapServers' | 'security'>;

/** What every client of a broker is given. */
export interface KafkaSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Where clients say that a broker is away or refuses them; bounded in number by itself. */
  readonly lines: Pick<RepeatedLines, 'write'>;
}

export interface KafkaSenderOptions extends KafkaSurroundings {
  readonly connection: KafkaConnection;
  /** How long close() may wait for what was taken to arrive. */
  readonly closeLimitMs?: number;
}

export interface KafkaBusOptions extends KafkaSurroundings {
  readonly settings: Config['kafka'];
  /**
   * Sends straight to the brokers, dead letters always; and is asked how far readers are behind. Stays open when the bus is
   * closed: its owner closes it.
   */
  readonly sender: BrokerSender & ClusterView;
  /** Who takes the messages of a topic out of the process. Unless given, `sender` does. */
  readonly senderOf?: (topic: Topic) => RecordSender;
  /** Told each time a reader throws; the message is tried again, and in the end becomes a dead letter. */
  readonly onHandlerError: (error: unknown, topic: Topic, key: string) => void;
  /** How long close() may wait for handlers, and then for what they have done to be committed. */
  readonly closeLimitMs?: number;
}

/** A record for any topic, those of dead letters included. */
export interface BrokerRecord {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  /** Goes out as the header `id`. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A `RecordSender` that takes records for any topic. */
export interface BrokerSender extends RecordSender {
  send(record: BrokerRecord): Promise<void>;
}

export interface KafkaSenderStats {
  /** Messages whose arrival the broker has confirmed, by topic. */
  readonly sent: ReadonlyMap<string, number>;
  /** What went wrong on the way, by topic and librdkafka's name of the error; attempts that were made good included. */
  readonly errors: readonly { readonly topic: string; readonly code: string; readonly count: number }[];
  /** Taken and not yet confirmed. */
  readonly pending: number;
}

export interface KafkaReaderStats {
  readonly reader: Reader;
  /** Taken and not yet handled. */
  readonly inFlight: number;
  /** Whether it waits for room before it takes more. */
  readonly isPaused: boolean;
  /** How often partitions came or went. */
  readonly rebalances: number;
  readonly topics: readonly {
    readonly topic: Topic;
    readonly received: number;
    /** Messages given up, kept in `<topic>-dlq`. */
    readonly deadLetters: number;
    /** Partitions that are assigned to this process. */
    readonly partitions: number;
  }[];
  /** Assigned partitions whose end the broker has told: messages that are there and not yet handled. */
  readonly lag: readonly { readonly topic: Topic; readonly partition: number; readonly messages: number }[];
}
