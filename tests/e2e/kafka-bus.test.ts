/** The bus over a real broker: order, repeats, processes that come and are killed, a broker that goes away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RiskAssessmentResultMessage } from '../../src/bus/topics.ts';
import { KafkaBroker } from '../support/kafka-broker.js';
import { createTopics, kafkaSettings, type OpenBus, openBus } from '../support/kafka-bus.ts';
import { detectionMessage, groupRisk, resultMessage } from '../support/risk-messages.ts';

const topic = 'risk-assessment-results';
const partitions = 4;
const readerScript = fileURLToPath(new URL('kafka-bus/reader.js', import.meta.url));
const limits = { timeout: 30_000, interval: 10 };

let broker: KafkaBroker;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  broker = await KafkaBroker.create();
  await createTopics(kafkaSettings(broker.address), partitions);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(() => broker.close());

async function newBus(groupPrefix: string, overrides: Parameters<typeof openBus>[1] = {}): Promise<OpenBus> {
  const opened = await openBus(kafkaSettings(broker.address, { groupPrefix }), overrides);
  open.push(opened);
  return opened;
}

/** The result numbered `index` of a camera. */
function result(cameraId: string, index: number): RiskAssessmentResultMessage {
  return resultMessage(`${cameraId}-${index}`, groupRisk(1), { cameraId, taskId: `${cameraId}-${index}` });
}

function idsOf(cameraId: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => result(cameraId, index).messageId);
}

function camerasOf(test: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${test}-${index}`);
}

async function publishRounds({ bus }: OpenBus, cameras: readonly string[], rounds: number): Promise<void> {
  const published: Promise<void>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const camera of cameras) published.push(bus.publish(topic, camera, result(camera, round)));
  }
  await Promise.all(published);
}

/** Publishes a round of messages after the other until it is told to end. */
class Publishing {
  readonly #published: Promise<void>[] = [];
  #isEnding = false;
  readonly #running: Promise<number>;

  constructor({ bus }: OpenBus, cameras: readonly string[], firstRound = 0) {
    this.#running = this.#run(bus, cameras, firstRound);
  }

  /** Resolves when all are accepted, with the number of rounds. */
  async end(): Promise<number> {
    this.#isEnding = true;
    const rounds = await this.#running;
    await Promise.all(this.#published);
    return rounds;
  }

  async #run(bus: OpenBus['bus'], cameras: readonly string[], firstRound: number): Promise<number> {
    let round = firstRound;
    for (; !this.#isEnding; round += 1) {
      for (const camera of cameras) this.#published.push(bus.publish(topic, camera, result(camera, round)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return round;
  }
}

/** Ids by key, in the order in which they came. */
class Received {
  readonly byKey = new Map<string, string[]>();

  add(key: string, id: string): void {
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), id]);
  }

  get count(): number {
    return [...this.byKey.values()].reduce((sum, ids) => sum + ids.length, 0);
  }
}

/** Offsets as the broker's own tool tells them: what is committed, where each partition ends, how far that is apart. */
async function groupOffsets(
  group: string,
): Promise<{ partition: number; committed: number; end: number; lag: number }[]> {
  const className = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
  const text = await broker.tool(className, '--describe', '--group', group);
  return text
    .split('\n')
    .filter((line) => line.includes(topic))
    .map((line) => line.trim().split(/\s+/).slice(2, 6).map(Number))
    .map(([partition = Number.NaN, committed = Number.NaN, end = Number.NaN, lag = Number.NaN]) => ({
      partition,
      committed,
      end,
      lag,
    }));
}

describe('between two parts of a process', () => {
  test('each message once, in order by key, keys side by side; the next to come goes on behind', async () => {
    const cameras = camerasOf('order', 8);
    const received = new Received();
    const running = new Set<string>();
    let mostRunning = 0;
    const opened = await newBus('order');
    opened.bus.subscribe(topic, 'llm-scheduler', async ({ messageId }, key) => {
      if (!key.startsWith('order')) return;
      expect(running.has(key)).toBe(false);
      running.add(key);
      mostRunning = Math.max(mostRunning, running.size);
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 4));
      running.delete(key);
      received.add(key, messageId);
    });
    await publishRounds(opened, cameras, 40);
    await vi.waitUntil(() => received.count >= 320, limits);
    for (const camera of cameras) expect(received.byKey.get(camera)).toEqual(idsOf(camera, 40));
    expect(mostRunning).toBeGreaterThan(1);
    await opened.close();

    const offsets = await groupOffsets('order-llm-scheduler');
    expect(
      offsets.filter(({ committed }) => !Number.isNaN(committed)).reduce((sum, { committed }) => sum + committed, 0),
    ).toBe(320);
    const later = new Received();
    const again = await newBus('order');
    again.bus.subscribe(topic, 'llm-scheduler', ({ messageId }, key) => later.add(key, messageId));
    await again.bus.publish(topic, 'order-0', result('order-0', 40));
    await vi.waitUntil(() => later.count > 0, limits);
    expect([...later.byKey]).toEqual([['order-0', ['order-0-40_result']]]);
  });

  test('a message counts as handled when what it has kept is done, and comes again before that', async () => {
    const first = await newBus('kept', { closeLimitMs: 100 });
    const begun: string[] = [];
    first.bus.subscribe(topic, 'llm-scheduler', ({ messageId }, key, delivery) => {
      if (!key.startsWith('kept')) return;
      begun.push(messageId);
      if (messageId === 'kept-0-1_result') delivery.keepUntil(new Promise(() => {}));
    });
    await publishRounds(first, ['kept-0'], 3);
    await vi.waitUntil(() => begun.length === 3, limits);
    await first.close();

    const second = await newBus('kept');
    const again: string[] = [];
    second.bus.subscribe(topic, 'llm-scheduler', ({ messageId }, key) => {
      if (key.startsWith('kept')) again.push(messageId);
    });
    await vi.waitUntil(() => again.length === 2, limits);
    expect(again).toEqual(['kept-0-1_result', 'kept-0-2_result']);
  });

  test('two topics that are joined by key come to the same process', async () => {
    const first = await newBus('joined');
    const second = await newBus('joined');
    const cameras = camerasOf('joined', 12);
    const seen = [first, second].map(({ bus }) => {
      const keys = { detections: new Set<string>(), results: new Set<string>() };
      bus.subscribe('detection-results', 'result-aggregator', (_message, key) => void keys.detections.add(key));
      bus.subscribe(topic, 'result-aggregator', (_message, key) => {
        if (key.startsWith('joined')) keys.results.add(key);
      });
      return keys;
    });
    const shared = () =>
      [first, second].every(({ bus }) => bus.stats()[0]?.topics.every((one) => one.partitions === partitions / 2));
    await vi.waitUntil(shared, limits);
    await publishRounds(first, cameras, 1);
    await Promise.all(
      cameras.map((cameraId) =>
        first.bus.publish('detection-results', cameraId, detectionMessage(cameraId, [], { cameraId })),
      ),
    );
    await vi.waitUntil(
      () => seen.reduce((sum, { detections, results }) => sum + detections.size + results.size, 0) === 24,
      limits,
    );
    for (const { detections, results } of seen) {
      expect(detections.size).toBeGreaterThan(0);
      expect([...detections].sort()).toEqual([...results].sort());
    }
  });

  test('an onlooker sees what comes from now on, of all its topics, with everybody else, and leaves no group behind', async () => {
    const before = await newBus('onlookers');
    await before.bus.publish(topic, 'onlookers-0', result('onlookers-0', 0));
    const seen = await Promise.all(
      [0, 1].map(async () => {
        const { bus } = await newBus('onlookers');
        const ids: string[] = [];
        bus.subscribe(topic, 'onlooker', ({ messageId }) => void ids.push(messageId));
        bus.subscribe('detection-results', 'onlooker', ({ requestId }) => void ids.push(requestId));
        const startedMs = performance.now();
        await vi.waitUntil(() => bus.stats()[0]?.lag.length === 2 * partitions, limits);
        expect(performance.now() - startedMs).toBeLessThan(3000);
        return ids;
      }),
    );
    await before.bus.publish(topic, 'onlookers-0', result('onlookers-0', 1));
    await before.bus.publish(
      'detection-results',
      'onlookers-0',
      detectionMessage('seen', [], { cameraId: 'onlookers-0' }),
    );
    await vi.waitUntil(() => seen.every((ids) => ids.length > 1), limits);
    for (const ids of seen) expect(ids.sort()).toEqual(['onlookers-0-1_result', 'seen']);
    const groups = await broker.tool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', '--list');
    expect(groups).not.toContain('onlooker');
  });
});

describe('what cannot be handled', () => {
  test('is put aside with the reason, and what is behind it goes on', async () => {
    const failures: string[] = [];
    const opened = await newBus('letters', { onHandlerError: (error) => failures.push(String(error)) });
    const handled: string[] = [];
    opened.bus.subscribe('assessment-tasks', 'llm-scheduler', ({ taskId }) => {
      if (taskId === 'poison') throw new Error('cannot be assessed');
      handled.push(taskId);
    });
    const send = (id: string, value: Buffer) =>
      opened.sender.send({ topic: 'assessment-tasks', key: 'letters', value, id });
    await send('a', Buffer.from('{"half":'));
    await send('b', Buffer.from([0xff, 0xfe, 0x00]));
    await send('c', Buffer.from('{"taskId":"c"}'));
    await opened.bus.publish('assessment-tasks', 'letters', task('poison'));
    await opened.bus.publish('assessment-tasks', 'letters', task('good'));
    await vi.waitUntil(() => handled.length > 0, limits);
    expect(handled).toEqual(['good']);
    expect(failures).toEqual(Array(4).fill('Error: cannot be assessed'));
    expect(opened.bus.stats()[0]?.topics).toEqual([
      { topic: 'assessment-tasks', received: 5, deadLetters: 4, partitions },
    ]);
    const letters = await deadLetters('assessment-tasks-dlq', 4);
    expect(letters.map(({ code, value, valueEncoding }) => ({ code, value, valueEncoding }))).toEqual([
      { code: 'bad-message', value: '{"half":', valueEncoding: 'utf8' },
      { code: 'bad-message', value: '//4A', valueEncoding: 'base64' },
      { code: 'bad-message', value: '{"taskId":"c"}', valueEncoding: 'utf8' },
      { code: 'internal', value: JSON.stringify(task('poison')), valueEncoding: 'utf8' },
    ]);
    expect(letters[2]).toMatchObject({ topic: 'assessment-tasks', offset: 2, key: 'letters', reader: 'llm-scheduler' });
    expect(letters[2]?.reason).toContain('requestId');
    expect(letters[3]?.reason).toBe('cannot be assessed');
  });

  test('a message that is too large is refused, with the reason', async () => {
    const { bus } = await newBus('large');
    const large = { ...task('large'), groupImageBase64: 'A'.repeat(9 * 1_048_576) };
    await expect(bus.publish('assessment-tasks', 'large', large)).rejects.toMatchObject({
      code: 'record-refused',
      message: expect.stringContaining('MSG_SIZE_TOO_LARGE'),
    });
  });
});

describe('processes that share a reader', () => {
  test('one that joins gets its share, one that is killed loses it, and nothing is lost', async () => {
    const cameras = camerasOf('shared', 16);
    const publisher = await newBus('shared');
    const first = await readerProcess('shared', 5);
    await vi.waitUntil(() => first.partitions === partitions, limits);
    const publishing = new Publishing(publisher, cameras);
    await vi.waitUntil(() => first.ended.length > 50, limits);
    const second = await readerProcess('shared', 5);
    await vi.waitUntil(() => second.partitions === partitions / 2 && first.partitions === partitions / 2, limits);
    await vi.waitUntil(() => second.ended.length > 100, limits);
    await second.kill('SIGKILL');
    await vi.waitUntil(() => first.partitions === partitions, limits);
    const rounds = await publishing.end();
    const expected = new Set(cameras.flatMap((camera) => idsOf(camera, rounds)));
    const handled = () => new Set([...first.ended, ...second.ended].map(({ id }) => id));
    await vi.waitUntil(() => handled().size === expected.size, limits);
    expect(handled()).toEqual(expected);
    // What one had under way when it was killed, the other has handled: only these come twice, after the first was dead.
    for (const camera of cameras) {
      expect(overlaps(first.spans(camera), second.spans(camera))).toEqual([]);
      expect(firstEnds([...first.spans(camera), ...second.spans(camera)])).toEqual(idsOf(camera, rounds));
    }
    await first.kill('SIGTERM');
    const offsets = await groupOffsets('shared-llm-scheduler');
    expect(offsets.map(({ lag }) => lag)).toEqual(Array(partitions).fill(0));
  });
});

describe('a broker that is away', () => {
  test('what is published meanwhile arrives in order, and who starts meanwhile waits for it', async () => {
    const cameras = camerasOf('away', 6);
    const received = new Received();
    const early = await newBus('away');
    early.bus.subscribe(topic, 'llm-scheduler', ({ messageId }, key) => {
      if (key.startsWith('away')) received.add(key, messageId);
    });
    await publishRounds(early, cameras, 1);
    await vi.waitUntil(() => received.count === 6, limits);

    const publishing = new Publishing(early, cameras, 1);
    await vi.waitUntil(() => received.count > 60, limits);
    await broker.kill();
    const late = await newBus('late');
    const lateReceived: string[] = [];
    late.bus.subscribe(topic, 'llm-scheduler', ({ messageId }, key) => {
      if (key === 'away-late') lateReceived.push(messageId);
    });
    const latePublished = late.bus.publish(topic, 'away-late', result('away-late', 0));
    await vi.waitUntil(
      () => late.lines.written.some(({ message }) => message.includes('waits for the brokers')),
      limits,
    );
    await broker.start();
    const rounds = await publishing.end();
    await latePublished;
    await vi.waitUntil(() => cameras.every((camera) => new Set(received.byKey.get(camera)).size === rounds), limits);
    for (const camera of cameras) {
      // What was handled and not yet committed when the broker died may come again.
      expect([...new Set(received.byKey.get(camera))]).toEqual(idsOf(camera, rounds));
    }
    await vi.waitUntil(() => lateReceived.length > 0, limits);
    expect(lateReceived).toEqual(['away-late-0_result']);
    expect(late.lines.written.some(({ message }) => message.includes('the brokers are there'))).toBe(true);
  });
});

test('the lag that is told is the one that the broker knows', async () => {
  const { bus } = await newBus('lag');
  let handled = 0;
  const opened = await newBus('lag');
  opened.bus.subscribe(topic, 'llm-scheduler', (_message, key) => {
    if (!key.startsWith('lag')) return;
    handled += 1;
    return handled <= 10 ? undefined : new Promise(() => {});
  });
  await publishRounds({ bus } as OpenBus, camerasOf('lag', 8), 10);
  await vi.waitUntil(() => handled > 10, limits);
  const told = () =>
    (opened.bus.stats()[0]?.lag ?? []).map(({ partition, messages }) => ({ partition, lag: messages }));
  await vi.waitUntil(async () => {
    const offsets = await groupOffsets('lag-llm-scheduler');
    return (
      JSON.stringify(
        offsets.map(({ partition, lag }) => ({ partition, lag })).sort((a, b) => a.partition - b.partition),
      ) === JSON.stringify(told().sort((a, b) => a.partition - b.partition))
    );
  }, limits);
  const total = told().reduce((sum, { lag }) => sum + lag, 0);
  expect(total).toBeGreaterThanOrEqual(70);
});

function task(taskId: string) {
  return {
    taskId,
    requestId: 'r',
    cameraId: 'letters',
    timestamp: '2025-06-01T12:30:15.250Z',
    groupIndex: 1,
    groupImageBase64: '',
    detectedObjects: [],
    groupMetadata: { objectCount: 2, classes: ['person', 'car'] },
  };
}

interface Letter {
  readonly code: string;
  readonly reason: string;
  readonly value: string;
  readonly valueEncoding: string;
}

/** The first letters of a topic, by Kafka's own consumer, in the order of their offsets. */
async function deadLetters(name: string, count: number): Promise<Letter[]> {
  const text = await broker.tool(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    ...['--topic', name, '--from-beginning', '--max-messages', String(count), '--timeout-ms', '10000'],
  );
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

interface Ended {
  readonly id: string;
  readonly key: string;
}

interface Span extends Ended {
  readonly beginMs: number;
  readonly endMs: number;
}

class ReaderProcess {
  readonly ended: Ended[] = [];
  partitions = 0;
  readonly #spans: Span[] = [];
  readonly #begun = new Map<string, number>();
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
  }

  spans(key: string): Span[] {
    return this.#spans.filter((span) => span.key === key);
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'close');
    this.#child.kill(signal);
    await exit;
  }

  close(): Promise<void> {
    return this.kill('SIGKILL');
  }

  #read(line: string): void {
    const [what, id = '', key = '', atMs = ''] = line.split(' ');
    if (what === 'partitions') this.partitions = Number(id);
    if (what === 'begin') this.#begun.set(id, Number(atMs));
    if (what !== 'end') return;
    this.ended.push({ id, key });
    this.#spans.push({ id, key, beginMs: this.#begun.get(id) ?? 0, endMs: Number(atMs) });
  }
}

async function readerProcess(name: string, handleMs: number): Promise<ReaderProcess> {
  const options = JSON.stringify({ address: broker.address, groupPrefix: name, handleMs, cameras: name });
  const reader = new ReaderProcess(
    spawn(process.execPath, [readerScript, options], { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  open.push(reader);
  return reader;
}

/** Pairs of a key's spans in two processes that overlap in time. */
function overlaps(first: readonly Span[], second: readonly Span[]): [Span, Span][] {
  return first.flatMap((one) =>
    second
      .filter((other) => one.beginMs < other.endMs && other.beginMs < one.endMs)
      .map((other): [Span, Span] => [one, other]),
  );
}

/** Ids in the order in which each was handled for the first time. */
function firstEnds(spans: readonly Span[]): string[] {
  return [...new Set([...spans].sort((a, b) => a.endMs - b.endMs).map(({ id }) => id))];
}
