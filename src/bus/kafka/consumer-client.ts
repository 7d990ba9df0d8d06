import type { KafkaFault } from './kafka-fault.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** An offset of a partition: the next one to read. */
export interface Position extends TopicPartition {
  readonly offset: number;
}

export interface FetchedMessage extends Position {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** UTC milliseconds. */
  readonly timestamp?: number | undefined;
  /** Bytes of the value. */
  readonly size: number;
}

/** What a consumer tells its owner, on the event loop. The group waits until the owner has assigned or unassigned. */
export interface ConsumerListener {
  onAssign(partitions: readonly TopicPartition[]): void;
  onRevoke(partitions: readonly TopicPartition[]): void;
  /** The answer to commit(); with a fault nothing of it counts. */
  onCommitted(fault: KafkaFault | undefined, positions: readonly Position[]): void;
}

/** A consumer that has found its brokers; it finds them again by itself. Tests script their own. */
export interface ConsumerClient {
  /** Joins its group; the listener hears which partitions it gets. */
  subscribe(topics: readonly string[]): void;
  /** Leaves its group; the listener hears of what it loses. */
  unsubscribe(): void;
  /** From the committed offsets on, or from the beginning where there are none. */
  assign(partitions: readonly TopicPartition[]): void;
  /** From these offsets on, in no group; beside what is assigned already. */
  assignFrom(positions: readonly Position[]): void;
  unassign(partitions: readonly TopicPartition[]): void;
  /** Up to `max` messages that are there, without waiting; and what has gone wrong. */
  poll(max: number): Promise<{ readonly messages: readonly FetchedMessage[]; readonly fault?: KafkaFault }>;
  /** What is fetched ahead of these partitions is thrown away, and fetched again after resume(). */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** The listener hears how it went. Throws a `KafkaFaultError` where it cannot be tried. */
  commit(positions: readonly Position[]): void;
  /** Where the group goes on; partitions without a committed offset are left out. Rejects with a `KafkaFaultError`. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly Position[]>;
  close(): Promise<void>;
}

/** Rejects with a `KafkaFaultError` where no broker answers. */
export type ConnectConsumer = (listener: ConsumerListener) => Promise<ConsumerClient>;
