import type { TopicPartition } from './consumer-client.ts';

/** Offsets that a partition holds: from `low` up to, not including, `high`. */
export interface Watermarks {
  readonly low: number;
  readonly high: number;
}

/**
 * Asks the brokers what they have. A consumer is not asked: brokers answer it in turn, behind a fetch that waits up to half a
 * second for new messages. All reject with a `KafkaFaultError`; `notConnected` where no broker was found yet.
 */
export interface ClusterView {
  watermarks(partition: TopicPartition): Promise<Watermarks>;
  /** Partitions of a topic; 0 where there is none of that name. */
  partitionCount(topic: string): Promise<number>;
}
