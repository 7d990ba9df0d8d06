import { afterEach, beforeEach, expect, test } from 'vitest';
import { notConnected } from '../../../../src/bus/kafka/kafka-fault.ts';
import { OnlookerReader } from '../../../../src/bus/kafka/onlooker-reader.ts';
import { ReaderCounts } from '../../../../src/bus/kafka/reader-counts.ts';
import { Turns } from '../../../../src/bus/kafka/turns.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { RecordedLines } from '../../../support/kafka-bus.ts';
import { groupRisk, resultMessage } from '../../../support/risk-messages.ts';
import { fault, pass, ScriptedCluster, ScriptedConsumer, settled } from '../../../support/scripted-kafka.ts';

const topic = 'risk-assessment-results';

let clock: ManualClock;
let lines: RecordedLines;
let client: ScriptedConsumer;
let cluster: ScriptedCluster;
let reader: OnlookerReader;
let seen: string[];

beforeEach(() => {
  clock = new ManualClock();
  lines = new RecordedLines();
  cluster = new ScriptedCluster();
  seen = [];
});
afterEach(async () => {
  const closed = reader.close();
  await pass(clock, 5000);
  await closed;
});

async function open(): Promise<void> {
  reader = new OnlookerReader({
    reader: 'onlooker',
    handlers: new Map([[topic, (message) => void seen.push((message as { messageId: string }).messageId)]]),
    connect: async (listener) => {
      client = new ScriptedConsumer(listener);
      return client;
    },
    cluster,
    turns: new Turns(),
    counts: new ReaderCounts(),
    clock,
    random: () => 1,
    lines,
    maxMessages: 100,
    maxBytes: 1_000_000,
    closeLimitMs: 1000,
    onHandlerError: () => {},
  });
  await settled();
}

function arrive(offset: number, value: Buffer): Promise<void> {
  client.queue.push({ topic, partition: 0, offset, key: Buffer.from('7'), value, size: value.length });
  return pass(clock, 40);
}

test('it begins where partitions end, is in no group and commits nothing', async () => {
  cluster.ends = { low: 3, high: 8 };
  await open();
  expect(client.calls).toEqual(['assign 0:8,1:8', 'resume 0,1']);
  expect(reader.stats().lag).toEqual([
    { topic, partition: 0, messages: 0 },
    { topic, partition: 1, messages: 0 },
  ]);
  await arrive(8, Buffer.from(JSON.stringify(resultMessage('r', groupRisk(1), { taskId: 't' }))));
  await pass(clock, 10_000);
  expect(seen).toEqual(['t_result']);
  expect(client.commits).toEqual([]);
});

test('partitions that a topic gets later are read from their first message', async () => {
  cluster.ends = { low: 0, high: 8 };
  await open();
  cluster.partitions = 3;
  await pass(clock, 60_000);
  expect(client.calls.filter((call) => call.startsWith('assign'))).toEqual(['assign 0:8,1:8', 'assign 2:0']);
});

test('a topic that is missing is said and waited for', async () => {
  cluster.partitions = 0;
  await open();
  expect(lines.written.map(({ message }) => message)).toEqual([
    `kafka reader onlooker: ${topic} does not exist: \`roadwatch topics create\` makes it`,
  ]);
  cluster.partitions = 1;
  await pass(clock, 2000);
  expect(client.calls[0]).toBe('assign 0:0');
});

test('while nobody can be asked it looks again soon, and says nothing of it; other faults are said', async () => {
  cluster.fault = notConnected;
  await open();
  await pass(clock, 1000);
  expect(lines.written).toEqual([]);
  cluster.fault = fault('_TRANSPORT');
  await pass(clock, 100);
  expect(lines.written.map(({ message }) => message)).toEqual(['kafka reader onlooker: it is _TRANSPORT (_TRANSPORT)']);
  cluster.fault = undefined;
  await pass(clock, 2000);
  expect(client.calls[0]).toBe('assign 0:0,1:0');
});

test('what it cannot read is said and left out: dead letters are those of readers that share', async () => {
  await open();
  await arrive(0, Buffer.from('{'));
  expect(lines.written.at(-1)?.message).toMatch(
    /^kafka reader onlooker leaves out a message of risk-assessment-results: /,
  );
  expect(reader.stats()).toMatchObject({ inFlight: 0, topics: [{ received: 1, deadLetters: 0, partitions: 2 }] });
});
