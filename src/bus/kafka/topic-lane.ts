import type { BrokerRecord } from './kafka-options.ts';

/** A record whose arrival somebody waits for. */
export interface PendingRecord {
  readonly record: BrokerRecord;
  /** Its place among all that were sent. */
  readonly sequence: number;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The records of one topic on their way, in order. What fails for the time being holds the lane: it goes again before what
 * came after it, when nothing of the lane is under way any more.
 */
export class TopicLane {
  readonly topic: string;
  readonly #waiting: PendingRecord[] = [];
  readonly #underWay = new Set<PendingRecord>();
  readonly #failed: PendingRecord[] = [];
  #held = false;

  constructor(topic: string) {
    this.topic = topic;
  }

  get size(): number {
    return this.#waiting.length + this.#underWay.size + this.#failed.length;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** Whether all that was under way when the lane was held has come back. */
  get isStill(): boolean {
    return this.#underWay.size === 0;
  }

  add(pending: PendingRecord): void {
    this.#waiting.push(pending);
  }

  /** The next record to go; none while the lane is held. */
  get next(): PendingRecord | undefined {
    return this.#held ? undefined : this.#waiting[0];
  }

  /** The next record has been taken. */
  depart(): void {
    const pending = this.#waiting.shift();
    if (pending !== undefined) this.#underWay.add(pending);
  }

  /** A record is through, or refused: it is out of the lane. */
  leave(pending: PendingRecord): void {
    if (!this.#underWay.delete(pending)) this.#waiting.splice(this.#waiting.indexOf(pending), 1);
  }

  /** A record under way has to go again: the lane is held. */
  hold(pending?: PendingRecord): void {
    this.#held = true;
    if (pending !== undefined && this.#underWay.delete(pending)) this.#failed.push(pending);
  }

  /** What has failed and what was never reported goes again, first. */
  release(): void {
    this.#waiting.unshift(...[...this.#failed.splice(0), ...this.#underWay].sort((a, b) => a.sequence - b.sequence));
    this.#underWay.clear();
    this.#held = false;
  }

  /** Takes everything out. */
  clear(): PendingRecord[] {
    this.release();
    return this.#waiting.splice(0);
  }
}
