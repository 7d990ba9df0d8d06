import type { Clock } from '../../time/clock.ts';
import { withinLimit } from '../../time/within-limit.ts';
import { keyOf } from './assignment.ts';
import type { ConsumerClient, Position } from './consumer-client.ts';
import { type KafkaFault, KafkaFaultError } from './kafka-fault.ts';

/** An answer that takes longer is not waited for; it counts when it comes. */
const answerLimitMs = 5000;

/** Commits positions: one request at a time, and only what has moved. */
export class Commits {
  readonly #client: ConsumerClient;
  readonly #clock: Clock;
  readonly #onFault: (fault: KafkaFault) => void;
  readonly #committed = new Map<string, number>();
  #underWay: Promise<void> | undefined;
  #onAnswer: (() => void) | undefined;

  constructor(client: ConsumerClient, clock: Clock, onFault: (fault: KafkaFault) => void) {
    this.#client = client;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Resolves when the broker has answered, whatever it says, or has not for too long. `positions` is asked when it is time. */
  async commit(positions: () => readonly Position[]): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
    const moved = positions().filter(
      ({ topic, partition, offset }) => this.#committed.get(keyOf(topic, partition)) !== offset,
    );
    if (moved.length === 0) return;
    this.#underWay = this.#request(moved).finally(() => {
      this.#underWay = undefined;
    });
    await this.#underWay;
  }

  /** The broker has answered. */
  answered(fault: KafkaFault | undefined, positions: readonly Position[]): void {
    if (fault === undefined) {
      for (const { topic, partition, offset } of positions) this.#committed.set(keyOf(topic, partition), offset);
    } else {
      this.#onFault(fault);
    }
    this.#onAnswer?.();
  }

  /** Partitions are gone: where others take them to is not known. */
  forget(partitions: readonly { readonly topic: string; readonly partition: number }[]): void {
    for (const { topic, partition } of partitions) this.#committed.delete(keyOf(topic, partition));
  }

  async #request(positions: readonly Position[]): Promise<void> {
    const answer = new Promise<void>((resolve) => {
      this.#onAnswer = resolve;
    });
    try {
      this.#client.commit(positions);
    } catch (error) {
      if (!(error instanceof KafkaFaultError)) throw error;
      this.#onFault(error.fault);
      return;
    }
    await withinLimit(answer, answerLimitMs, this.#clock);
  }
}
