import type { Topic } from '../topics.ts';
import type { KafkaReaderStats } from './kafka-options.ts';

interface TopicCounts {
  received: number;
  deadLetters: number;
}

/** What a reader of this process counts, however often it is started anew. */
export class ReaderCounts {
  readonly #topics = new Map<string, TopicCounts>();
  #rebalances = 0;

  get rebalances(): number {
    return this.#rebalances;
  }

  received(topic: string): void {
    this.#of(topic).received += 1;
  }

  deadLetter(topic: string): void {
    this.#of(topic).deadLetters += 1;
  }

  rebalanced(): void {
    this.#rebalances += 1;
  }

  /** Of these topics; `partitions`: those that the reader has now. */
  read(topics: readonly Topic[], partitions: readonly { readonly topic: string }[]): KafkaReaderStats['topics'] {
    return topics.map((topic) => ({
      topic,
      ...this.#of(topic),
      partitions: partitions.filter((partition) => partition.topic === topic).length,
    }));
  }

  #of(topic: string): TopicCounts {
    const counts = this.#topics.get(topic) ?? { received: 0, deadLetters: 0 };
    this.#topics.set(topic, counts);
    return counts;
  }
}
