/** Sends records to the brokers, in order by topic and key. */
import { RoadwatchError } from '../../errors.ts';
import { DoubledWait } from '../../time/doubled-wait.ts';
import { wait } from '../../time/wait.ts';
import { withinLimit } from '../../time/within-limit.ts';
import { RecordRefusedError } from '../outgoing-record.ts';
import type { ClusterView, Watermarks } from './cluster-view.ts';
import type { TopicPartition } from './consumer-client.ts';
import { isFatal, isRefusal, isUnknownTopic, type KafkaFault, KafkaFaultError, notConnected } from './kafka-fault.ts';
import { loadKafkaLibrary } from './kafka-library.ts';
import type { BrokerRecord, BrokerSender, KafkaSenderOptions, KafkaSenderStats } from './kafka-options.ts';
import { checkSecurityFiles, producerSettings, producerWindow } from './kafka-settings.ts';
import { keepConnecting } from './keep-connecting.ts';
import type { ConnectProducer, ProducerClient } from './producer-client.ts';
import { rdkafkaProducers } from './rdkafka-producer.ts';
import { type PendingRecord, TopicLane } from './topic-lane.ts';
import { Turns } from './turns.ts';

const name = 'kafka sender';
const defaultCloseLimitMs = 3000;
/** Before what failed for the time being goes again; until something gets through. */
const holds = { firstMs: 1000, longestMs: 30_000 };
/** How long a producer that can send nothing more is waited for to tell what became of its records. */
const lastReportsLimitMs = 5000;
/** How long the library's full queue is left alone, unless a report tells of room before. */
const fullQueueMs = 100;

/** A record as a producer reports it; reports of a producer that has been replaced count no more. */
interface Token {
  readonly pending: PendingRecord;
  readonly lane: TopicLane;
  readonly session: number;
}

/**
 * Sends what it is given; `send` resolves when the brokers have confirmed it. In librdkafka are at most 5,000 records and
 * 64 MiB; beyond that senders wait with theirs. Time is the sender's own: nothing is given up for having waited long, and
 * a broker that is away, or a topic that is missing, is waited for. A producer that has failed for good is replaced, and
 * what it has not confirmed is sent again, in order: so a record may arrive twice, with the same id. Runs on the event
 * loop, and only in the main thread.
 */
export class KafkaSender implements BrokerSender, ClusterView {
  readonly #options: KafkaSenderOptions;
  readonly #connect: ConnectProducer;
  readonly #holds: DoubledWait;
  readonly #turns = new Turns();
  readonly #closing = new AbortController();
  readonly #lanes = new Map<string, TopicLane>();
  readonly #sent = new Map<string, number>();
  readonly #errors = new Map<string, Map<string, number>>();
  #client: ProducerClient | undefined;
  /** Counts the producers there have been. */
  #session = 0;
  #sequence = 0;
  #underWay = { messages: 0, bytes: 0 };
  #queueIsFull = false;
  #onChange: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  /** Begins to look for the brokers, and does not wait for them. `kafka-settings` where a file cannot be read. */
  static async open(options: KafkaSenderOptions): Promise<KafkaSender> {
    await checkSecurityFiles(options.connection.security);
    const settings = producerSettings(options.connection, 'roadwatch-sender');
    return new KafkaSender(options, rdkafkaProducers(loadKafkaLibrary(), settings, { ...options, name }));
  }

  /** `open()` is for everybody; tests give producers of their own. */
  constructor(options: KafkaSenderOptions, connect: ConnectProducer) {
    this.#options = options;
    this.#connect = connect;
    this.#holds = new DoubledWait(holds, options.random);
    void this.#startSession();
  }

  send(record: BrokerRecord): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(senderClosed(record));
    return new Promise((resolve, reject) => {
      const bytes = (record.value?.length ?? 0) + Buffer.byteLength(record.key ?? '');
      this.#laneOf(record.topic).add({ record, sequence: this.#sequence++, bytes, resolve, reject });
      this.#pump();
    });
  }

  stats(): KafkaSenderStats {
    return {
      sent: this.#sent,
      errors: [...this.#errors].flatMap(([topic, codes]) =>
        [...codes].map(([code, count]) => ({ topic, code, count })),
      ),
      pending: this.#pending,
    };
  }

  async watermarks(partition: TopicPartition): Promise<Watermarks> {
    return this.#connected().watermarks(partition);
  }

  async partitionCount(topic: string): Promise<number> {
    return this.#connected().partitionCount(topic);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #pending(): number {
    return [...this.#lanes.values()].reduce((sum, lane) => sum + lane.size, 0);
  }

  #connected(): ProducerClient {
    if (this.#client === undefined) throw new KafkaFaultError(notConnected);
    return this.#client;
  }

  #laneOf(topic: string): TopicLane {
    const lane = this.#lanes.get(topic) ?? new TopicLane(topic);
    this.#lanes.set(topic, lane);
    return lane;
  }

  async #startSession(): Promise<void> {
    this.#session += 1;
    const session = this.#session;
    const { clock, random, lines } = this.#options;
    const client = await keepConnecting(
      () =>
        this.#connect({
          onReport: (token, fault) => this.#onReport(token as Token, fault),
          onFatal: (fault) => this.#replace(session, fault),
        }),
      { clock, random, lines, name, turns: this.#turns, signal: this.#closing.signal },
    );
    if (client === undefined) return;
    if (this.#closing.signal.aborted) return client.close();
    this.#client = client;
    this.#pump();
  }

  /** Hands over what there is room for. */
  #pump(): void {
    if (this.#client === undefined || this.#queueIsFull) return;
    for (const lane of this.#lanes.values()) {
      while (this.#hasRoomFor(lane.next)) this.#produce(lane, this.#client);
      if (this.#client === undefined || this.#queueIsFull) return;
    }
  }

  #hasRoomFor(pending: PendingRecord | undefined): pending is PendingRecord {
    if (pending === undefined || this.#client === undefined || this.#queueIsFull) return false;
    const { messages, bytes } = this.#underWay;
    return messages < producerWindow.messages && (messages === 0 || bytes + pending.bytes <= producerWindow.bytes);
  }

  #produce(lane: TopicLane, client: ProducerClient): void {
    const pending = lane.next;
    if (pending === undefined) return;
    const fault = client.produce(pending.record, { pending, lane, session: this.#session } satisfies Token);
    if (fault === undefined) {
      lane.depart();
      this.#underWay.messages += 1;
      this.#underWay.bytes += pending.bytes;
    } else if (fault.name === '_QUEUE_FULL') {
      this.#queueIsFull = true;
      this.#options.clock.after(fullQueueMs, () => this.#tryQueueAgain());
    } else {
      this.#onFault(lane, pending, fault);
    }
  }

  #tryQueueAgain(): void {
    if (!this.#queueIsFull) return;
    this.#queueIsFull = false;
    this.#pump();
  }

  #onReport({ pending, lane, session }: Token, fault: KafkaFault | undefined): void {
    if (session !== this.#session) return;
    this.#underWay.messages -= 1;
    this.#underWay.bytes -= pending.bytes;
    this.#queueIsFull = false;
    if (fault === undefined) {
      this.#holds.reset();
      this.#sent.set(lane.topic, (this.#sent.get(lane.topic) ?? 0) + 1);
      lane.leave(pending);
      pending.resolve();
    } else {
      this.#onFault(lane, pending, fault);
    }
    for (const change of this.#onChange.splice(0)) change();
    this.#pump();
  }

  #onFault(lane: TopicLane, pending: PendingRecord, fault: KafkaFault): void {
    this.#countError(lane.topic, fault);
    if (isRefusal(fault)) {
      lane.leave(pending);
      pending.reject(
        new RecordRefusedError(
          fault.name,
          `${lane.topic} refuses ${pending.record.id}: ${fault.words} (${fault.name})`,
        ),
      );
      return;
    }
    const wasHeld = lane.isHeld;
    lane.hold(pending);
    if (isFatal(fault)) this.#replace(this.#session, fault);
    else if (!wasHeld) void this.#sendAgainLater(lane, fault);
  }

  /** What fails for the time being goes again after a while, when what was under way with it is back. */
  async #sendAgainLater(lane: TopicLane, fault: KafkaFault): Promise<void> {
    const session = this.#session;
    this.#sayHeld(lane, fault);
    await wait(this.#options.clock, this.#holds.next(), this.#closing.signal);
    while (!lane.isStill && session === this.#session) await this.#change();
    // Asking makes the library look for it anew.
    if (isUnknownTopic(fault)) await this.#client?.partitionCount(lane.topic).catch(() => {});
    // A new producer releases every lane by itself, and one that closes gives up what is held.
    if (session !== this.#session || this.#closing.signal.aborted) return;
    lane.release();
    this.#pump();
  }

  #sayHeld({ topic }: TopicLane, fault: KafkaFault): void {
    const what = isUnknownTopic(fault)
      ? `topic ${topic} does not exist: \`roadwatch topics create\` makes it`
      : `${topic}: ${fault.words} (${fault.name})`;
    this.#options.lines.write(
      'warn',
      `${name} ${topic} ${fault.name}`,
      { topic, code: fault.name },
      `${name}: ${what}; tried again`,
    );
  }

  /** A producer that can send nothing more gives way to a new one, which gets all that is not confirmed. */
  #replace(session: number, fault: KafkaFault): void {
    const client = this.#client;
    if (session !== this.#session || client === undefined) return;
    this.#client = undefined;
    this.#options.lines.write(
      'error',
      `${name} fatal`,
      { code: fault.name },
      `${name}: ${fault.words} (${fault.name}); a new producer sends again what is not confirmed`,
    );
    void this.#changeSession(client);
  }

  async #changeSession(client: ProducerClient): Promise<void> {
    const { clock } = this.#options;
    for (const lane of this.#lanes.values()) lane.hold();
    await withinLimit(this.#allReported(), lastReportsLimitMs, clock);
    // From here on, reports of the old one count no more.
    this.#session += 1;
    this.#underWay = { messages: 0, bytes: 0 };
    this.#queueIsFull = false;
    for (const change of this.#onChange.splice(0)) change();
    for (const lane of this.#lanes.values()) lane.release();
    void client.close();
    await wait(clock, this.#holds.next(), this.#closing.signal);
    await this.#startSession();
  }

  async #allReported(): Promise<void> {
    while (this.#underWay.messages > 0) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #countError(topic: string, { name: code }: KafkaFault): void {
    const codes = this.#errors.get(topic) ?? new Map<string, number>();
    this.#errors.set(topic, codes.set(code, (codes.get(code) ?? 0) + 1));
  }

  async #close(): Promise<void> {
    const { clock, closeLimitMs = defaultCloseLimitMs } = this.#options;
    this.#closing.abort();
    if (this.#client !== undefined) await withinLimit(this.#allSettled(), closeLimitMs, clock);
    const client = this.#client;
    this.#client = undefined;
    this.#session += 1;
    for (const lane of this.#lanes.values()) {
      for (const { record, reject } of lane.clear()) reject(senderClosed(record));
    }
    await client?.close();
  }

  async #allSettled(): Promise<void> {
    const isMoving = () => [...this.#lanes.values()].some((lane) => lane.size > 0 && !(lane.isHeld && lane.isStill));
    while (isMoving()) await this.#change();
  }
}

function senderClosed({ topic, id }: BrokerRecord): RoadwatchError {
  return new RoadwatchError('sender-closed', `${id} was not sent to ${topic}: the sender is closed`);
}
