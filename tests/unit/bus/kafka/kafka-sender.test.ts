import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KafkaFaultError } from '../../../../src/bus/kafka/kafka-fault.ts';
import { KafkaSender } from '../../../../src/bus/kafka/kafka-sender.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { kafkaSettings, RecordedLines } from '../../../support/kafka-bus.ts';
import { fault, pass, ScriptedProducer, settled } from '../../../support/scripted-kafka.ts';

let clock: ManualClock;
let lines: RecordedLines;
let producers: ScriptedProducer[];
let sender: KafkaSender;
/** Attempts to connect that fail before one works. */
let failures: number;
/** What became of each record: `a sent`, `b record-refused`. */
let outcomes: string[];

beforeEach(() => {
  clock = new ManualClock();
  lines = new RecordedLines();
  producers = [];
  outcomes = [];
  failures = 0;
});
afterEach(async () => {
  const closed = sender.close();
  await pass(clock, 10_000);
  await closed;
});

async function open(): Promise<void> {
  sender = new KafkaSender(
    { connection: kafkaSettings('broker:9092'), clock, random: () => 0.5, lines, closeLimitMs: 2000 },
    async (listener) => {
      failures -= 1;
      if (failures >= 0) throw new KafkaFaultError(fault('_TRANSPORT'));
      const producer = new ScriptedProducer(listener);
      producers.push(producer);
      return producer;
    },
  );
  await settled();
}

function producer(index = producers.length - 1): ScriptedProducer {
  const one = producers[index];
  if (one === undefined) throw new Error(`no producer ${index}`);
  return one;
}

function send(id: string, { topic = 'detection-results', bytes = 1 } = {}): void {
  sender.send({ topic, key: 'camera', value: Buffer.alloc(bytes), id }).then(
    () => outcomes.push(`${id} sent`),
    (error) => outcomes.push(`${id} ${error.code}`),
  );
}

test('a record is sent when the broker has confirmed it, and no sooner', async () => {
  await open();
  send('a');
  send('b');
  await settled();
  expect(producer().ids).toEqual(['a', 'b']);
  expect(outcomes).toEqual([]);
  expect(sender.stats().pending).toBe(2);
  producer().report(undefined, 'b');
  await settled();
  expect(outcomes).toEqual(['b sent']);
  producer().report();
  await settled();
  expect(sender.stats()).toMatchObject({ pending: 0, errors: [] });
  expect([...sender.stats().sent]).toEqual([['detection-results', 2]]);
});

test('brokers that are away at the start are waited for', async () => {
  failures = 3;
  await open();
  send('a');
  await pass(clock, 375 + 750 + 1499);
  expect(producers).toEqual([]);
  await pass(clock, 1);
  expect(producer().ids).toEqual(['a']);
  expect(lines.written.filter(({ message }) => message.includes('waits for the brokers')).length).toBe(3);
  expect(lines.written.at(-1)).toMatchObject({ level: 'info', message: 'kafka sender: the brokers are there' });
});

describe('what the broker will never take', () => {
  test.each(['MSG_SIZE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_RECORD'])(
    '%s is refused, and the others go on',
    async (name) => {
      await open();
      send('a');
      send('b');
      producer().report(fault(name), 'a');
      producer().report(undefined, 'b');
      await settled();
      expect(outcomes).toEqual(['a record-refused', 'b sent']);
      expect(sender.stats().errors).toEqual([{ topic: 'detection-results', code: name, count: 1 }]);
    },
  );

  test('it says which record and why', async () => {
    await open();
    producer().refusals = [fault('MSG_SIZE_TOO_LARGE')];
    await expect(sender.send({ topic: 'x', key: 'k', value: Buffer.alloc(1), id: 'a' })).rejects.toMatchObject({
      code: 'record-refused',
      message: 'x refuses a: it is MSG_SIZE_TOO_LARGE (MSG_SIZE_TOO_LARGE)',
    });
  });
});

describe('what fails for the time being', () => {
  test('goes again, before what came after it, when all under way is back', async () => {
    await open();
    for (const id of ['a', 'b', 'c']) send(id);
    producer().report(fault('NOT_ENOUGH_REPLICAS'), 'b');
    send('d');
    await pass(clock, 5000);
    expect(producer().ids).toEqual(['a', 'b', 'c']);
    producer().report(fault('NOT_ENOUGH_REPLICAS'), 'c');
    producer().report(undefined, 'a');
    await settled();
    expect(producer().ids).toEqual(['a', 'b', 'c', 'b', 'c', 'd']);
    producer().report();
    await settled();
    expect(outcomes.toSorted()).toEqual(['a sent', 'b sent', 'c sent', 'd sent']);
  });

  test('waits longer each time, and no more once something gets through', async () => {
    await open();
    send('a');
    const waitsMs: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      producer().report(fault('NOT_ENOUGH_REPLICAS'));
      await settled();
      waitsMs.push(clock.untilNextMs() ?? 0);
      await pass(clock, waitsMs.at(-1) ?? 0);
    }
    expect(waitsMs).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
    producer().report();
    send('b');
    producer().report(fault('NOT_ENOUGH_REPLICAS'));
    await settled();
    expect(clock.untilNextMs()).toBe(750);
  });

  test('a topic that is missing holds up its own records alone, and is asked for', async () => {
    await open();
    send('a', { topic: 'missing' });
    producer().report(fault('_UNKNOWN_TOPIC'));
    send('b', { topic: 'missing' });
    send('c');
    await settled();
    expect(producer().ids).toEqual(['a', 'c']);
    expect(lines.written.at(-1)?.message).toBe(
      'kafka sender: topic missing does not exist: `roadwatch topics create` makes it; tried again',
    );
    producer().report();
    await pass(clock, 750);
    expect(producer().lookedFor).toEqual(['missing']);
    expect(producer().ids).toEqual(['a', 'c', 'a', 'b']);
  });
});

describe('bounds', () => {
  test('at most 5,000 records are given to the library; the next goes when one is back', async () => {
    await open();
    for (let index = 0; index < 5002; index += 1) send(`${index}`);
    expect(producer().produced.length).toBe(5000);
    producer().report(undefined, '7');
    expect(producer().ids.slice(5000)).toEqual(['5000']);
  });

  test('at most 64 MiB; one that is larger than what is left waits', async () => {
    await open();
    const mebibyte = 1_048_576;
    send('a', { bytes: 40 * mebibyte });
    send('b', { bytes: 30 * mebibyte });
    send('c');
    expect(producer().ids).toEqual(['a']);
    producer().report();
    expect(producer().ids).toEqual(['a', 'b', 'c']);
  });

  test('a queue that is full in spite of it is left alone until there is a report, or a while has passed', async () => {
    await open();
    send('a');
    producer().refusals = [fault('_QUEUE_FULL'), fault('_QUEUE_FULL')];
    send('b');
    send('c');
    expect(producer().refusals.length).toBe(1);
    producer().report(undefined, 'a');
    expect(producer().refusals.length).toBe(0);
    expect(producer().ids).toEqual(['a']);
    await pass(clock, 100);
    expect(producer().ids).toEqual(['a', 'b', 'c']);
    expect(sender.stats().errors).toEqual([]);
  });
});

describe('a producer that has failed for good', () => {
  test('gives way to another, which gets what is not confirmed, in order', async () => {
    await open();
    for (const id of ['a', 'b', 'c']) send(id);
    producer().report(undefined, 'a');
    producer().fail(fault('_FATAL'));
    send('d');
    producer().report(fault('_PURGE_QUEUE'), 'c');
    await pass(clock, 5000);
    expect(producers.length).toBe(1);
    await pass(clock, 750);
    expect(producers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    expect(producer().ids).toEqual(['b', 'c', 'd']);
    producer(0).report(undefined, 'b');
    await settled();
    expect(outcomes).toEqual(['a sent']);
    producer().report();
    await settled();
    expect(outcomes).toEqual(['a sent', 'b sent', 'c sent', 'd sent']);
  });

  test('is replaced at once where all its reports have come', async () => {
    await open();
    send('a');
    producer().report(fault('_FATAL'));
    await pass(clock, 750);
    expect(producer(1).ids).toEqual(['a']);
  });

  test('one that fails again and again is replaced ever more rarely', async () => {
    await open();
    send('a');
    const waitsMs: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      producer().report(fault('_FATAL'));
      await settled();
      waitsMs.push(clock.untilNextMs() ?? 0);
      await pass(clock, waitsMs.at(-1) ?? 0);
    }
    expect(waitsMs).toEqual([750, 1500, 3000, 6000]);
    expect(producers.length).toBe(5);
    expect(outcomes).toEqual([]);
    expect(producer().ids).toEqual(['a']);
  });
});

test('what the brokers have is asked of the producer; before there is one, nobody can be asked', async () => {
  failures = 1;
  await open();
  await expect(sender.partitionCount('x')).rejects.toMatchObject({ fault: { name: 'NOT_CONNECTED' } });
  await pass(clock, 375);
  expect(await sender.partitionCount('x')).toBe(0);
  expect(await sender.watermarks({ topic: 'x', partition: 0 })).toEqual({ low: 0, high: 0 });
});

describe('close', () => {
  test('waits for what is under way, takes nothing more', async () => {
    await open();
    send('a');
    const closed = sender.close();
    send('b');
    await settled();
    expect(outcomes).toEqual(['b sender-closed']);
    producer().report();
    await closed;
    expect(outcomes).toEqual(['b sender-closed', 'a sent']);
    expect(producer().isClosed).toBe(true);
  });

  test('gives up after its limit, and says so to each sender', async () => {
    await open();
    send('a');
    const closed = sender.close();
    await pass(clock, 1999);
    expect(outcomes).toEqual([]);
    await pass(clock, 1);
    await closed;
    expect(outcomes).toEqual(['a sender-closed']);
    await sender.close();
  });

  test('does not wait where no broker was ever found, or where nothing can come', async () => {
    failures = 100;
    await open();
    send('a');
    await sender.close();
    expect(outcomes).toEqual(['a sender-closed']);

    failures = 0;
    await open();
    send('b', { topic: 'missing' });
    producer().report(fault('_UNKNOWN_TOPIC'));
    await sender.close();
    expect(outcomes).toEqual(['a sender-closed', 'b sender-closed']);
  });
});
