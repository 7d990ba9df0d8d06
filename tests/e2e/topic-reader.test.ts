/** Topics as another program reads them: in Python, with a client of its own, by the published schemas. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { NumberNullUndefined } from 'node-rdkafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadKafkaLibrary } from '../../src/bus/kafka/kafka-library.ts';
import { TopicAdmin } from '../../src/bus/kafka/topic-admin.ts';
import type { AssessmentTaskMessage, DetectionResultMessage } from '../../src/bus/topics.ts';
import { installedPath } from '../../src/config/installation.ts';
import { realClock } from '../../src/time/clock.ts';
import { KafkaBroker } from '../support/kafka-broker.js';
import { createTopics, kafkaSettings, type OpenBus, openBus, RecordedLines } from '../support/kafka-bus.ts';
import { capturedAtMs, detectionMessage, groupRisk, resultMessage } from '../support/risk-messages.ts';
import { type ReaderReport, type ReaderRun, readTopics } from '../support/topic-reader.ts';

const partitions = 16;
const cameras = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? `${index}` : `gate-${index}/Süd`));
const box = [10, 20, 90, 60] as const;
const noFaults = { partition: 0, value: 0, schema: 0, id: 0, key: 0, order: 0, missing: 0 };

let broker: KafkaBroker;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-reader-'));
  broker = await KafkaBroker.create();
  await createTopics(kafkaSettings(broker.address), partitions);
});
afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

function detection(cameraId: string, round: number): DetectionResultMessage {
  return detectionMessage(`${cameraId}-${round}`, [box], { cameraId, atMs: capturedAtMs + round * 2000 });
}

function task(cameraId: string, round: number): AssessmentTaskMessage {
  const { requestId, timestamp } = detection(cameraId, round);
  return {
    taskId: `${requestId}_1`,
    requestId,
    cameraId,
    timestamp,
    groupIndex: 1,
    groupImageBase64: '',
    detectedObjects: [],
    groupMetadata: { objectCount: 2, classes: ['person', 'car'] },
  };
}

function result(cameraId: string, round: number) {
  return resultMessage(`${cameraId}-${round}`, groupRisk(1), { cameraId, atMs: capturedAtMs + round * 2000 });
}

async function inBus(use: (opened: OpenBus) => Promise<void>): Promise<void> {
  const opened = await openBus(kafkaSettings(broker.address, { groupPrefix: 'reader-test' }));
  try {
    await use(opened);
  } finally {
    await opened.close();
  }
}

function reportOf({ report, stderr }: ReaderRun): ReaderReport {
  if (report === undefined) throw new Error(`the reader could not read: ${stderr}`);
  return report;
}

/** A topic of detections that nothing of ours writes to, and where its schema is. */
async function topicOfOthers(name: string): Promise<string> {
  const lines = new RecordedLines();
  const admin = await TopicAdmin.open({ connection: kafkaSettings(broker.address), clock: realClock, lines });
  await admin.create({ name, partitions, replicas: 1, settings: {} });
  await admin.close();
  copyFileSync(installedPath('docs', 'schemas', 'detection-results.json'), join(folder, `${name}.json`));
  return name;
}

test("its hash is that of Kafka's own clients, by Kafka's own examples", async () => {
  const python = fileURLToPath(new URL('../../.cache/reader/bin/python', import.meta.url));
  const cwd = fileURLToPath(new URL('../reader', import.meta.url));
  const { stderr } = await promisify(execFile)(python, ['-m', 'unittest', 'test_partitions'], { cwd });
  expect(stderr).toMatch(/Ran 2 tests.*\n\nOK/s);
});

describe('what the bus has published', () => {
  const rounds = 5;
  const all = cameras.length * rounds;

  beforeAll(() =>
    inBus(async ({ bus }) => {
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(
          cameras.flatMap((cameraId) => [
            bus.publish('detection-results', cameraId, detection(cameraId, round)),
            bus.publish('assessment-tasks', cameraId, task(cameraId, round)),
            // Answers come in another order than their questions.
            bus.publish('risk-assessment-results', cameraId, result(cameraId, rounds - 1 - round)),
          ]),
        );
      }
    }),
  );

  test('is right, record by record, each where a Java client would have put it', async () => {
    const { code, report } = await readTopics(broker.address, '--whole');
    expect(report?.examples).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      joins: { tasksWithoutDetection: 0, tasksWithoutResult: 0, resultsWithoutTask: 0 },
    });
    const topics = Object.entries(report?.topics ?? {});
    expect(topics.map(([name]) => name)).toEqual(['detection-results', 'assessment-tasks', 'risk-assessment-results']);
    for (const [, topic] of topics) {
      expect(topic).toMatchObject({ messages: all, distinct: all, repeats: 0, changedRepeats: 0, faults: noFaults });
      expect(topic.cameras).toEqual(Object.fromEntries(cameras.map((camera) => [camera, rounds])));
      expect(Object.keys(topic.partitions).length).toBeGreaterThan(8);
    }
    expect(code).toBe(0);
  });

  test('and what it has put aside, with the reason', async () => {
    await inBus(async ({ bus, sender }) => {
      const handled = new Promise((resolve) => bus.subscribe('assessment-tasks', 'llm-scheduler', resolve));
      await sender.send({ topic: 'assessment-tasks', key: 'bad', value: Buffer.from([0, 255, 1]), id: 'bytes' });
      await sender.send({ topic: 'assessment-tasks', key: null, value: Buffer.from('{"taskId":""}'), id: 'fields' });
      await handled;
      const letters = ['--topics', 'assessment-tasks-dlq', '--expect', 'assessment-tasks-dlq=2'];
      const report = reportOf(await readTopics(broker.address, ...letters));
      expect(report.examples).toEqual([]);
      expect(report.topics['assessment-tasks-dlq']).toMatchObject({ messages: 2, distinct: 2, faults: noFaults });
    });
  });

  test('repeats are counted, those that differ as well, and are no faults', async () => {
    await inBus(async ({ bus }) => {
      await bus.publish('detection-results', '0', detection('0', 0));
      await bus.publish('risk-assessment-results', '0', { ...result('0', 0), error: 'asked once more' });
    });
    const topics = ['--topics', 'detection-results', 'risk-assessment-results'];
    const { code, report } = await readTopics(broker.address, ...topics);
    expect(report?.topics['detection-results']).toMatchObject({ messages: all + 1, distinct: all, repeats: 1 });
    expect(report?.topics['detection-results']).toMatchObject({ changedRepeats: 0, faults: noFaults });
    expect(report?.topics['risk-assessment-results']).toMatchObject({ repeats: 1, changedRepeats: 1 });
    expect(code).toBe(0);
  });

  test('a task without an answer is told; it is a fault where all are to be there', async () => {
    await inBus(({ bus }) => bus.publish('risk-assessment-results', 'odd', result('odd', 0)));
    const topics = ['--topics', 'detection-results', 'risk-assessment-results', 'assessment-tasks'];
    const report = reportOf(await readTopics(broker.address, ...topics));
    expect(report.joins).toEqual({ tasksWithoutDetection: 0, tasksWithoutResult: 0, resultsWithoutTask: 1 });
    // The two that are no tasks at all.
    expect(report.topics['assessment-tasks']?.faults).toEqual({ ...noFaults, value: 1, schema: 1 });
    const results = ['--topics', 'detection-results', 'risk-assessment-results'];
    expect((await readTopics(broker.address, ...results, '--whole')).code).toBe(0);
    expect((await readTopics(broker.address, ...topics, '--whole')).code).toBe(1);
  });
});

describe('what another program has put there', () => {
  test("Java's own producer: every key in the partition that the reader has found for it", async () => {
    const topic = await topicOfOthers('by-java');
    const keys = Array.from({ length: 200 }, (_, index) => `${index * 7}`);
    const lines = keys.map((key) => `id:${key}-0\t${key}\t${JSON.stringify(detection(key, 0))}\n`);
    const properties = ['parse.key=true', 'parse.headers=true', 'headers.key.separator=:'];
    const options = properties.flatMap((property) => ['--property', property]);
    await broker.toolOn(lines.join(''), 'org.apache.kafka.tools.ConsoleProducer', '--topic', topic, ...options);
    const { code, report } = await readTopics(broker.address, '--topics', topic, '--schemas', folder);
    expect(report?.examples).toEqual([]);
    expect(report?.topics[topic]).toMatchObject({ messages: 200, distinct: 200, faults: noFaults });
    expect(Object.keys(report?.topics[topic]?.partitions ?? {})).toHaveLength(partitions);
    expect(code).toBe(0);
  });

  test('each kind of fault is found, once for each record that has it, with its place', async () => {
    const topic = await topicOfOthers('faulty');
    const right = detection('7', 3);
    const { imageWidth: _, ...lacking } = detection('7', 4);
    await produce(topic, [
      { value: right, id: right.requestId },
      { value: lacking, id: '7-4' },
      { value: { ...detection('7', 5), cameraId: '' }, id: '7-5' },
      { value: 'no JSON', id: 'text' },
      {
        value: { ...detection('7', 6), processTime: Number.NaN },
        id: '7-6',
        text: (json: string) => json.replace('null', 'NaN'),
      },
      { value: detection('7', 7) },
      { value: detection('7', 8), id: 'another' },
      { value: detection('7', 2), id: '7-2' },
      { value: detection('8', 0), id: '8-0' },
      { value: { ...detection('9', 9), cameraId: 9 }, key: '9', id: '9-9', partition: 0 },
    ]);
    const options = ['--topics', topic, '--schemas', folder, '--ordered', topic];
    const { code, report } = await readTopics(broker.address, ...options, '--expect', `${topic}=100`, '--seconds', '1');
    expect(code).toBe(1);
    expect(report?.ok).toBe(false);
    const faults = report?.topics[topic]?.faults;
    expect(faults).toEqual({ partition: 1, value: 2, schema: 2, id: 2, key: 1, order: 1, missing: 1 });
    const details = report?.examples.map(({ fault, detail }) => `${fault}: ${detail}`) ?? [];
    expect(details).toEqual(
      expect.arrayContaining([
        "schema: $: 'imageWidth' is a required property",
        expect.stringMatching(/^schema: \$\.cameraId: /),
        expect.stringMatching(/^value: expected JSON in UTF-8: Expecting value/),
        'value: expected JSON in UTF-8: NaN is no JSON',
        'id: expected one header id, received []',
        "id: the header says 'another', the message '7-8'",
        'order: camera 7: 2025-06-01T12:30:19.250Z after 2025-06-01T12:30:31.250000+00:00',
        "key: expected '8', received b'7'",
        expect.stringMatching(/^partition: expected \d+ for the key b'9'$/),
        'missing: expected at least 100 messages, received 5',
      ]),
    );
    expect(details).toHaveLength(10);
    expect(report?.examples[0]).toMatchObject({ topic, partition: expect.any(Number), offset: expect.any(Number) });
  });
});

describe('what cannot be read ends with 2 and says why', () => {
  test('a topic that is not there', async () => {
    const { code, stderr, report } = await readTopics(broker.address, '--topics', 'none');
    expect([code, report]).toEqual([2, undefined]);
    expect(stderr).toContain('expected a topic none, there is none');
  });

  test('a topic without a schema', async () => {
    const { code, stderr } = await readTopics(broker.address, '--schemas', join(folder, 'nowhere'));
    expect(code).toBe(2);
    expect(stderr).toContain('detection-results.json');
  });

  test('a broker that is not there', async () => {
    const { code, stderr } = await readTopics('127.0.0.1:1', '--seconds', '1');
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
  });

  test('arguments that are none', async () => {
    const { code, stderr } = await readTopics(broker.address, '--expect', 'detection-results=many');
    expect(code).toBe(2);
    expect(stderr).toContain('NAME=COUNT');
  });
});

interface Foreign {
  /** What becomes JSON; a string is left as it is. */
  readonly value: object | string;
  /** 7 unless given. */
  readonly key?: string;
  readonly id?: string;
  readonly partition?: number;
  /** Spoils the JSON. */
  readonly text?: (json: string) => string;
}

/** Puts records there as no bus of ours would. */
async function produce(topic: string, records: readonly Foreign[]): Promise<void> {
  const { rdkafka } = loadKafkaLibrary();
  const producer = new rdkafka.Producer(
    { 'bootstrap.servers': broker.address, dr_cb: true },
    { partitioner: 'murmur2_random' },
  );
  await promisify((done: (error: unknown) => void) => producer.connect({}, done))();
  for (const { value, key = '7', id, partition, text = (json: string) => json } of records) {
    const bytes = Buffer.from(text(typeof value === 'string' ? value : JSON.stringify(value)));
    const place: NumberNullUndefined = partition ?? null;
    producer.produce(topic, place, bytes, key, null, undefined, id === undefined ? [] : [{ id }]);
  }
  await promisify((done: (error: unknown) => void) => producer.flush(10_000, done))();
  await promisify((done: (error: unknown) => void) => producer.disconnect(done))();
}
