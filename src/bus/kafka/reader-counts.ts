import type { Topic } from '../topics.ts';
import type { KafkaReaderStats } from './kafka-options.ts';

/** What a reader counts. */
export class ReaderCounts {
  readonly #topics: Map<string, { readonly topic: Topic; received: number; deadLetters: number }>;
  rebalances = 0;

  constructor(topics: Iterable<Topic>) {
    this.#topics = new Map([...topics].map((topic) => [topic, { topic, received: 0, deadLetters: 0 }]));
  }

  received(topic: string): void {
    const counts = this.#topics.get(topic);
    if (counts !== undefined) counts.received += 1;
  }

  deadLetter(topic: string): void {
    const counts = this.#topics.get(topic);
    if (counts !== undefined) counts.deadLetters += 1;
  }

  rebalanced(): void {
    this.rebalances += 1;
  }

  /** `partitions`: those that the reader has now. */
  topics(partitions: readonly { readonly topic: string }[]): KafkaReaderStats['topics'] {
    return [...this.#topics.values()].map((counts) => ({
      ...counts,
      partitions: partitions.filter(({ topic }) => topic === counts.topic).length,
    }));
  }
}
