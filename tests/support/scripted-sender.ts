import { type OutgoingRecord, RecordRefusedError, type RecordSender } from '../../src/bus/outgoing-record.ts';
import { RoadwatchError } from '../../src/errors.ts';

interface UnderWay {
  readonly record: OutgoingRecord;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A sender whose reports are given by the test. Like each of its kind it keeps the order of a key. */
export class ScriptedSender implements RecordSender {
  /** Ids, in the order in which they were handed over; those that came back are here again. */
  readonly handed: string[] = [];
  /** What the broker has, in its order. */
  readonly arrived: OutgoingRecord[] = [];
  readonly #underWay: UnderWay[] = [];
  isClosed = false;

  get underWay(): readonly string[] {
    return this.#underWay.map(({ record }) => record.id);
  }

  get arrivedIds(): string[] {
    return this.arrived.map(({ id }) => id);
  }

  send(record: OutgoingRecord): Promise<void> {
    if (this.#underWay.some(({ record: { id } }) => id === record.id)) throw new Error(`${record.id} is under way`);
    this.handed.push(record.id);
    return new Promise((resolve, reject) => this.#underWay.push({ record, resolve, reject }));
  }

  /** The broker has so many of those under way, the first to be handed over first. */
  confirm(count = Number.POSITIVE_INFINITY): void {
    for (const { record, resolve } of this.#underWay.splice(0, count)) {
      this.arrived.push(record);
      resolve();
    }
  }

  /** The broker refuses this one for good. */
  refuse(id: string, fault = 'MSG_SIZE_TOO_LARGE'): void {
    const index = this.#underWay.findIndex(({ record }) => record.id === id);
    const [refused] = this.#underWay.splice(index, 1);
    refused?.reject(new RecordRefusedError(fault, `the topic refuses ${id} (${fault})`));
  }

  /** All under way come back, but for the first so many, which the broker has. */
  giveBack(confirmed = 0): void {
    this.confirm(confirmed);
    for (const { reject } of this.#underWay.splice(0)) reject(new RoadwatchError('broker-away', 'the broker is away'));
  }

  /** This one comes back, and tells nothing of the others. */
  giveBackOne(id: string): void {
    const index = this.#underWay.findIndex(({ record }) => record.id === id);
    const [back] = this.#underWay.splice(index, 1);
    back?.reject(new RoadwatchError('broker-away', 'the broker is away'));
  }

  /** The connection to whoever sends is gone with its process; what is under way is never heard of. */
  forget(): void {
    this.#underWay.length = 0;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
