import type { Topic } from '../topics.ts';
import type { Position, TopicPartition } from './consumer-client.ts';
import { PartitionProgress } from './partition-progress.ts';

/** The partitions that are ours, and how far each is handled. */
export class Assignment {
  readonly #partitions = new Map<string, PartitionProgress>();

  /** They begin anew, whatever was known of them. */
  add(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      // The library gives only partitions of topics that were asked for.
      this.#partitions.set(keyOf(topic, partition), new PartitionProgress(topic as Topic, partition));
    }
  }

  /** Takes partitions out; gives what is known of them. */
  remove(partitions: readonly TopicPartition[]): PartitionProgress[] {
    return partitions.flatMap(({ topic, partition }) => {
      const key = keyOf(topic, partition);
      const progress = this.#partitions.get(key);
      this.#partitions.delete(key);
      return progress ?? [];
    });
  }

  of(topic: string, partition: number): PartitionProgress | undefined {
    return this.#partitions.get(keyOf(topic, partition));
  }

  all(): PartitionProgress[] {
    return [...this.#partitions.values()];
  }
}

/** What may be committed of some partitions. */
export function positionsOf(partitions: readonly PartitionProgress[]): Position[] {
  return partitions.flatMap(({ topic, partition, position }) =>
    position === undefined ? [] : { topic, partition, offset: position },
  );
}

export function keyOf(topic: string, partition: number): string {
  return `${topic} ${partition}`;
}
