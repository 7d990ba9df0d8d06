/** Clients of no broker at all: they do what a test tells them, and remember what they were asked. */
import type { ClusterView, Watermarks } from '../../src/bus/kafka/cluster-view.ts';
import type {
  ConsumerClient,
  ConsumerListener,
  FetchedMessage,
  Position,
  TopicPartition,
} from '../../src/bus/kafka/consumer-client.ts';
import { type KafkaFault, KafkaFaultError } from '../../src/bus/kafka/kafka-fault.ts';
import type { BrokerRecord } from '../../src/bus/kafka/kafka-options.ts';
import type { ProducerClient, ProducerListener } from '../../src/bus/kafka/producer-client.ts';
import type { ManualClock } from '../../src/time/clock.ts';

/** Lets everything that is ready run. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Moves time on, step by step, and lets run what falls due. */
export async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  await settled();
  let leftMs = durationMs;
  while (leftMs > 0) {
    const stepMs = Math.min(leftMs, clock.untilNextMs() ?? leftMs);
    clock.advance(stepMs);
    leftMs -= stepMs;
    await settled();
  }
}

export const fault = (name: string): KafkaFault => ({ name, words: `it is ${name}` });

/** A producer whose reports are given by the test. */
export class ScriptedProducer implements ProducerClient {
  readonly produced: BrokerRecord[] = [];
  readonly lookedFor: string[] = [];
  isClosed = false;
  /** What the next attempts to produce come to, while there are any. */
  refusals: KafkaFault[] = [];
  readonly #listener: ProducerListener;
  readonly #underWay: { readonly id: string; readonly token: object }[] = [];

  constructor(listener: ProducerListener) {
    this.#listener = listener;
  }

  get ids(): string[] {
    return this.produced.map(({ id }) => id);
  }

  produce(record: BrokerRecord, token: object): KafkaFault | undefined {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return refusal;
    this.produced.push(record);
    this.#underWay.push({ id: record.id, token });
    return undefined;
  }

  /** What became of the records under way with these ids; of all of them, where none is named. */
  report(what?: KafkaFault, ...ids: readonly string[]): void {
    const reported = this.#underWay.filter(({ id }) => ids.length === 0 || ids.includes(id));
    for (const one of reported) {
      this.#underWay.splice(this.#underWay.indexOf(one), 1);
      this.#listener.onReport(one.token, what);
    }
  }

  fail(what: KafkaFault): void {
    this.#listener.onFatal(what);
  }

  async partitionCount(topic: string): Promise<number> {
    this.lookedFor.push(topic);
    return 0;
  }

  async watermarks(): Promise<Watermarks> {
    return { low: 0, high: 0 };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A cluster whose topics have as many partitions as the test says, all with the same ends. */
export class ScriptedCluster implements ClusterView {
  partitions = 2;
  ends: Watermarks = { low: 0, high: 0 };
  fault: KafkaFault | undefined;

  async watermarks(): Promise<Watermarks> {
    if (this.fault !== undefined) throw new KafkaFaultError(this.fault);
    return this.ends;
  }

  async partitionCount(): Promise<number> {
    if (this.fault !== undefined) throw new KafkaFaultError(this.fault);
    return this.partitions;
  }
}

/** A consumer whose messages and partitions are given by the test. */
export class ScriptedConsumer implements ConsumerClient {
  readonly listener: ConsumerListener;
  /** What was asked, in order: `subscribe …`, `commit 0:5`, … */
  readonly calls: string[] = [];
  readonly polledFor: number[] = [];
  /** Messages that wait to be polled. */
  queue: FetchedMessage[] = [];
  nextFault: KafkaFault | undefined;
  /** Whether commits are answered at once. */
  answersCommits = true;
  committedPositions: Position[] = [];
  readonly #paused = new Set<string>();

  constructor(listener: ConsumerListener) {
    this.listener = listener;
  }

  /** Commits in the order in which they came: `partition:offset`. */
  get commits(): string[] {
    return this.calls.filter((call) => call.startsWith('commit ')).map((call) => call.slice('commit '.length));
  }

  subscribe(topics: readonly string[]): void {
    this.calls.push(`subscribe ${topics.join(',')}`);
  }

  unsubscribe(): void {
    this.calls.push('unsubscribe');
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.calls.push(`assign ${partitionsOf(partitions)}`);
  }

  assignFrom(positions: readonly Position[]): void {
    this.calls.push(`assign ${positions.map(({ partition, offset }) => `${partition}:${offset}`).join(',')}`);
  }

  unassign(partitions: readonly TopicPartition[]): void {
    this.calls.push(`unassign ${partitionsOf(partitions)}`);
  }

  async poll(max: number): Promise<{ messages: readonly FetchedMessage[]; fault?: KafkaFault }> {
    this.polledFor.push(max);
    const { nextFault } = this;
    this.nextFault = undefined;
    if (nextFault !== undefined) return { messages: [], fault: nextFault };
    const isReadable = ({ topic, partition }: TopicPartition) => !this.#paused.has(`${topic} ${partition}`);
    const messages = this.queue.filter(isReadable).slice(0, max);
    this.queue = this.queue.filter((message) => !messages.includes(message));
    return { messages };
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.calls.push(`pause ${partitionsOf(partitions)}`);
    for (const { topic, partition } of partitions) this.#paused.add(`${topic} ${partition}`);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.calls.push(`resume ${partitionsOf(partitions)}`);
    for (const { topic, partition } of partitions) this.#paused.delete(`${topic} ${partition}`);
  }

  commit(positions: readonly Position[]): void {
    this.calls.push(`commit ${positions.map(({ partition, offset }) => `${partition}:${offset}`).join(',')}`);
    if (this.answersCommits) setImmediate(() => this.listener.onCommitted(undefined, positions));
  }

  async committed(): Promise<readonly Position[]> {
    return this.committedPositions;
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }
}

function partitionsOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ partition }) => partition).join(',');
}
