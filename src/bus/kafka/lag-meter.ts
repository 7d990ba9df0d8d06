import { keyOf } from './assignment.ts';
import type { ClusterView, Watermarks } from './cluster-view.ts';
import type { TopicPartition } from './consumer-client.ts';
import { KafkaFaultError } from './kafka-fault.ts';
import type { KafkaReaderStats } from './kafka-options.ts';
import type { PartitionProgress } from './partition-progress.ts';
import { Turns } from './turns.ts';

/** Asks brokers, one partition after the other, where their ends are, and tells how far readers are behind. */
export class LagMeter {
  readonly #cluster: ClusterView;
  readonly #partitions: () => readonly PartitionProgress[];
  readonly #ends = new Map<string, Watermarks>();
  readonly #turns = new Turns();

  constructor(cluster: ClusterView, partitions: () => readonly PartitionProgress[]) {
    this.#cluster = cluster;
    this.#partitions = partitions;
  }

  /** Where the broker does not answer, what is known stands. */
  measure(signal: AbortSignal): Promise<void> {
    return this.#turns.take(() => this.#measure(signal));
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#ends.delete(keyOf(topic, partition));
  }

  /** Messages that are there and not yet handled, of each partition whose end is known. */
  lag(): KafkaReaderStats['lag'] {
    return this.#partitions().flatMap(({ topic, partition, position, start }) => {
      const end = this.#ends.get(keyOf(topic, partition));
      if (end === undefined) return [];
      return { topic, partition, messages: Math.max(0, end.high - (position ?? start ?? end.low)) };
    });
  }

  async #measure(signal: AbortSignal): Promise<void> {
    for (const { topic, partition, isRevoked } of this.#partitions()) {
      if (signal.aborted) return;
      if (isRevoked) continue;
      try {
        this.#ends.set(keyOf(topic, partition), await this.#cluster.watermarks({ topic, partition }));
      } catch (error) {
        if (!(error instanceof KafkaFaultError)) throw error;
        return;
      }
    }
  }
}
