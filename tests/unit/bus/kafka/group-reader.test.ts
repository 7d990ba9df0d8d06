import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MessageHandler } from '../../../../src/bus/bus.ts';
import type { FetchedMessage } from '../../../../src/bus/kafka/consumer-client.ts';
import { GroupReader } from '../../../../src/bus/kafka/group-reader.ts';
import type { BrokerRecord } from '../../../../src/bus/kafka/kafka-options.ts';
import { ReaderCounts } from '../../../../src/bus/kafka/reader-counts.ts';
import { Turns } from '../../../../src/bus/kafka/turns.ts';
import type { Topic } from '../../../../src/bus/topics.ts';
import { RoadwatchError } from '../../../../src/errors.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { RecordedLines } from '../../../support/kafka-bus.ts';
import { groupRisk, resultMessage } from '../../../support/risk-messages.ts';
import { pass, ScriptedCluster, ScriptedConsumer, settled } from '../../../support/scripted-kafka.ts';

const topic = 'risk-assessment-results';

let clock: ManualClock;
let lines: RecordedLines;
let client: ScriptedConsumer;
let cluster: ScriptedCluster;
let reader: GroupReader;
/** Ids as handlers begin them. */
let begun: string[];
/** Ends the handling of a message, well or not. */
let ends: Map<string, { well: () => void; badly: (error: Error) => void }>;
let letters: BrokerRecord[];
let onLetter: (record: BrokerRecord) => Promise<void>;
let handlerErrors: string[];

beforeEach(async () => {
  clock = new ManualClock();
  lines = new RecordedLines();
  cluster = new ScriptedCluster();
  begun = [];
  ends = new Map();
  letters = [];
  onLetter = async () => {};
  handlerErrors = [];
});
afterEach(async () => {
  const closed = reader.close();
  await pass(clock, 20_000);
  await closed;
});

/** Begins when it gets the message, ends when the test says so. */
const held: MessageHandler<Topic> = (message) => {
  const { messageId } = message as { messageId: string };
  begun.push(messageId);
  return new Promise<void>((well, badly) => ends.set(messageId, { well, badly }));
};

async function open(handler: MessageHandler<Topic> = held): Promise<void> {
  reader = new GroupReader({
    reader: 'llm-scheduler',
    handlers: new Map([[topic, handler]]),
    connect: async (listener) => {
      client = new ScriptedConsumer(listener);
      return client;
    },
    sender: {
      send: async (record: BrokerRecord) => {
        await onLetter(record);
        letters.push(record);
      },
      close: async () => {},
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
    onHandlerError: (error, _topic, key) => handlerErrors.push(`${key}: ${(error as Error).message}`),
  });
  await settled();
  client.listener.onAssign([
    { topic, partition: 0 },
    { topic, partition: 1 },
  ]);
  await settled();
}

function message(partition: number, offset: number, key: string): FetchedMessage {
  const id = `${key}${offset}`;
  const value = Buffer.from(JSON.stringify(resultMessage(id, groupRisk(1), { cameraId: key, taskId: id })));
  return { topic, partition, offset, key: Buffer.from(key), value, size: value.length, timestamp: 1_700_000_000_000 };
}

/** Each of a key of its own, unless one is given. */
async function arrive(partition: number, offsets: readonly number[], key = ''): Promise<void> {
  client.queue.push(...offsets.map((offset) => message(partition, offset, key || `k${offset}-`)));
  await pass(clock, 40);
}

async function end(...ids: readonly string[]): Promise<void> {
  for (const id of ids) ends.get(`${id}_result`)?.well();
  await settled();
}

function letterValue(index = 0): Record<string, unknown> {
  return JSON.parse(letters[index]?.value?.toString() ?? '{}');
}

test('it joins its group, and takes the partitions that it is given', async () => {
  await open();
  expect(client.calls).toEqual([`subscribe ${topic}`, 'assign 0,1', 'resume 0,1']);
  expect(reader.stats()).toMatchObject({
    rebalances: 1,
    topics: [{ topic, received: 0, deadLetters: 0, partitions: 2 }],
  });
});

describe('commits', () => {
  test('once a second, up to the first message that is not handled, and only what has moved', async () => {
    await open();
    await arrive(0, [5, 6, 7]);
    await arrive(1, [2]);
    await end('k6-6', 'k2-2');
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:5,1:3']);
    await end('k5-5');
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:5,1:3', '0:7']);
    await pass(clock, 3000);
    expect(client.commits.length).toBe(2);
  });

  test('what was kept is not handled before that is done', async () => {
    let finish = () => {};
    await open((_message, key, delivery) => {
      if (key === 'k0-') delivery.keepUntil(new Promise<void>((resolve) => (finish = resolve)));
    });
    await arrive(0, [0, 1]);
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:0']);
    expect(reader.stats().inFlight).toBe(1);
    finish();
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:0', '0:2']);
    expect(reader.stats().inFlight).toBe(0);
  });

  test('one at a time: the next when the broker has answered, or is taken not to', async () => {
    await open();
    client.answersCommits = false;
    await arrive(0, [0, 1]);
    await end('k0-0');
    await pass(clock, 1000);
    await end('k1-1');
    await pass(clock, 4999);
    expect(client.commits).toEqual(['0:1']);
    await pass(clock, 1001);
    expect(client.commits).toEqual(['0:1', '0:2']);
  });

  test('what the broker has not taken is committed again', async () => {
    await open();
    client.answersCommits = false;
    await arrive(0, [0]);
    await end('k0-0');
    await pass(clock, 1000);
    client.listener.onCommitted({ name: 'REBALANCE_IN_PROGRESS', words: 'wait' }, [{ topic, partition: 0, offset: 1 }]);
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:1', '0:1']);
    expect(lines.written.at(-1)?.message).toBe('kafka reader llm-scheduler: wait (REBALANCE_IN_PROGRESS)');
  });
});

test('within a key one after the other, across keys side by side', async () => {
  await open();
  await arrive(0, [0, 1], 'a');
  await arrive(0, [2], 'b');
  expect(begun).toEqual(['a0_result', 'b2_result']);
  await end('a0');
  expect(begun).toEqual(['a0_result', 'b2_result', 'a1_result']);
});

describe('a partition that is to be given away', () => {
  test('begins nothing more; what is begun may end, is committed, and then the partition goes', async () => {
    await open();
    await arrive(0, [0, 1], 'a');
    await arrive(1, [0]);
    client.listener.onRevoke([{ topic, partition: 0 }]);
    await pass(clock, 800);
    expect(client.calls.slice(-1)).toEqual(['pause 0']);
    await end('a0');
    await pass(clock, 40);
    expect(begun).not.toContain('a1_result');
    expect(client.calls.slice(-3)).toEqual(['pause 0', 'commit 0:1', 'unassign 0']);
    await end('k0-0');
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:1', '1:1']);
    expect(reader.stats().inFlight).toBe(0);
  });

  test('is given away after a while, and what ends later is not committed', async () => {
    await open();
    await arrive(0, [0, 1]);
    client.listener.onRevoke([{ topic, partition: 0 }]);
    await end('k0-0');
    await pass(clock, 5010);
    expect(client.calls.slice(-2)).toEqual(['commit 0:1', 'unassign 0']);
    await end('k1-1');
    await pass(clock, 5000);
    expect(client.commits).toEqual(['0:1']);
    expect(reader.stats().inFlight).toBe(0);
  });

  test('messages that come of it meanwhile are left to others', async () => {
    await open();
    await arrive(0, [0]);
    client.listener.onRevoke([{ topic, partition: 0 }]);
    await settled();
    client.resume([{ topic, partition: 0 }]);
    await arrive(0, [1]);
    expect(begun).toEqual(['k0-0_result']);
    expect(reader.stats()).toMatchObject({ inFlight: 1, topics: [{ received: 1 }] });
  });

  test('one that comes back begins anew, and within a key behind what still runs', async () => {
    await open();
    await arrive(0, [0], 'a');
    client.listener.onRevoke([{ topic, partition: 0 }]);
    await pass(clock, 5010);
    expect(client.commits).toEqual(['0:0']);
    client.listener.onAssign([{ topic, partition: 0 }]);
    await settled();
    expect(client.calls.slice(-2)).toEqual(['assign 0', 'resume 0']);
    await arrive(0, [0], 'a');
    expect(begun).toEqual(['a0_result']);
    await end('a0');
    expect(begun).toEqual(['a0_result', 'a0_result']);
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:0', '0:0']);
    await end('a0');
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:0', '0:0', '0:1']);
  });
});

describe('a handler that throws', () => {
  test('gets the message again, later each time; the key waits, the others do not', async () => {
    await open();
    await arrive(0, [0, 1], 'a');
    ends.get('a0_result')?.badly(new Error('not now'));
    await settled();
    await arrive(0, [2], 'b');
    await pass(clock, 209);
    expect(begun).toEqual(['a0_result', 'b2_result']);
    await pass(clock, 1);
    expect(begun).toEqual(['a0_result', 'b2_result', 'a0_result']);
    await end('a0');
    expect(begun.at(-1)).toBe('a1_result');
    expect(handlerErrors).toEqual(['a: not now']);
    expect(letters).toEqual([]);
  });

  test('loses it in the end to the dead letters, and only then it counts as handled', async () => {
    let keep = () => {};
    onLetter = () => new Promise((resolve) => (keep = resolve));
    await open(() => {
      throw new Error('cannot be');
    });
    await arrive(0, [3], 'a');
    await pass(clock, 250 + 1000 + 4000);
    expect(handlerErrors.length).toBe(4);
    expect(client.commits).toEqual(['0:3']);
    keep();
    await pass(clock, 1000);
    expect(client.commits).toEqual(['0:3', '0:4']);
    expect(letters[0]).toMatchObject({
      topic: 'risk-assessment-results-dlq',
      key: Buffer.from('a'),
      id: 'risk-assessment-results-0-3',
      headers: { reason: 'internal' },
    });
    expect(letterValue()).toEqual({
      reason: 'cannot be',
      code: 'internal',
      reader: 'llm-scheduler',
      topic,
      partition: 0,
      offset: 3,
      key: 'a',
      timestamp: 1_700_000_000_000,
      value: message(0, 3, 'a').value?.toString(),
      valueEncoding: 'utf8',
    });
    expect(reader.stats().topics[0]?.deadLetters).toBe(1);
  });

  test('because the bus is closed has not failed: the message is left', async () => {
    await open();
    await arrive(0, [0]);
    ends.get('k0-0_result')?.badly(new RoadwatchError('bus-closed', 'closed'));
    await pass(clock, 10_000);
    expect(begun.length).toBe(1);
    expect(handlerErrors).toEqual([]);
    expect(letters).toEqual([]);
    expect(client.commits).toEqual(['0:0']);
  });
});

describe('work that was kept and fails', () => {
  test('makes a dead letter of its message, which is not tried again', async () => {
    await open((_message, _key, delivery) => delivery.keepUntil(Promise.reject(new Error('lost the answer'))));
    await arrive(0, [0]);
    await pass(clock, 1000);
    expect(letterValue().reason).toBe('lost the answer');
    expect(handlerErrors).toEqual(['k0-: lost the answer']);
    expect(client.commits).toEqual(['0:1']);
  });

  test('because the bus is closed leaves it', async () => {
    const closed = new RoadwatchError('bus-closed', 'closed');
    await open((_message, _key, delivery) => delivery.keepUntil(Promise.reject(closed)));
    await arrive(0, [0]);
    await pass(clock, 1000);
    expect(letters).toEqual([]);
    expect(client.commits).toEqual(['0:0']);
  });
});

describe('dead letters', () => {
  const raw = (value: Buffer | null): FetchedMessage => ({ ...message(0, 0, 'a'), value, size: value?.length ?? 0 });

  test.each([
    ['no JSON', Buffer.from('{"half":'), { value: '{"half":', valueEncoding: 'utf8' }],
    ['no text', Buffer.from([0xff, 0x00, 0x80]), { value: '/wCA', valueEncoding: 'base64' }],
    ['nothing', null, { value: null, valueEncoding: 'utf8' }],
    ['another message', Buffer.from('{"taskId":"t"}'), { value: '{"taskId":"t"}', valueEncoding: 'utf8' }],
  ])('%s', async (_what, value, expected) => {
    await open();
    client.queue.push(raw(value));
    await pass(clock, 1040);
    expect(letterValue()).toMatchObject({ code: 'bad-message', ...expected });
    expect(letterValue().reason).toMatch(
      /expected JSON, received|not a message of risk-assessment-results: .*messageId/s,
    );
    expect(begun).toEqual([]);
    expect(handlerErrors).toEqual([]);
    expect(client.commits).toEqual(['0:1']);
  });

  test('one that is too large is kept without what it holds', async () => {
    onLetter = async ({ value }) => {
      if ((value?.length ?? 0) > 1000) throw new RoadwatchError('record-refused', 'too large');
    };
    await open();
    client.queue.push(raw(Buffer.from('x'.repeat(2000))));
    await pass(clock, 1040);
    expect(letterValue()).toMatchObject({ value: null, valueOmitted: true, offset: 0 });
    expect(client.commits).toEqual(['0:1']);
  });

  test('where they are refused altogether, the message is not lost: it is tried again and holds its partition', async () => {
    let tries = 0;
    onLetter = async () => {
      tries += 1;
      throw new RoadwatchError('record-refused', 'not authorised');
    };
    await open();
    client.queue.push(raw(Buffer.from('{')));
    await pass(clock, 30_040);
    expect(tries).toBe(3);
    expect(client.commits).toEqual(['0:0']);
    expect(lines.written.map(({ message: line }) => line)).toContain(
      'a message of risk-assessment-results cannot be put aside and holds its partition up: not authorised',
    );
    onLetter = async () => {};
    await pass(clock, 31_000);
    expect(client.commits).toEqual(['0:0', '0:1']);
  });
});

describe('close', () => {
  test('waits for what is begun, commits it, leaves the group, and begins nothing more', async () => {
    await open();
    await arrive(0, [0, 1], 'a');
    const closed = reader.close();
    await pass(clock, 500);
    await end('a0');
    await settled();
    expect(client.calls.slice(-3)).toEqual(['pause 0,1', 'commit 0:1', 'unsubscribe']);
    client.listener.onRevoke([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]);
    await pass(clock, 300);
    await closed;
    expect(client.calls.slice(-2)).toEqual(['unassign 0,1', 'close']);
    expect(begun).toEqual(['a0_result']);
    await reader.close();
  });

  test('is bounded, whatever hangs: handlers, the broker, the library', async () => {
    await open();
    client.answersCommits = false;
    await arrive(0, [0]);
    const startMs = clock.monotonicMs();
    const closed = reader.close().then(() => clock.monotonicMs() - startMs);
    await pass(clock, 10_000);
    expect(await closed).toBeLessThanOrEqual(1000 + 1000 + 1000 + 250);
    await end('k0-0');
    expect(client.calls.at(-1)).toBe('close');
  });

  test('ends tries and dead letters that are under way, without losing the message', async () => {
    onLetter = () => new Promise(() => {});
    await open(() => {
      throw new Error('never');
    });
    await arrive(0, [0]);
    const closed = reader.close();
    await pass(clock, 10_000);
    await closed;
    expect(letters).toEqual([]);
    expect(client.commits).toEqual(['0:0']);
  });
});

describe('lag', () => {
  test('is what the broker has beyond what is handled', async () => {
    await open();
    cluster.ends = { low: 2, high: 20 };
    await arrive(0, [4, 5]);
    await end('k4-4');
    await pass(clock, 5000);
    expect(reader.stats().lag).toEqual([
      { topic, partition: 0, messages: 15 },
      { topic, partition: 1, messages: 18 },
    ]);
  });

  test('of partitions that nothing comes from begins where the group has come to', async () => {
    await open();
    cluster.ends = { low: 2, high: 20 };
    client.committedPositions = [{ topic, partition: 1, offset: 20 }];
    client.listener.onAssign([{ topic, partition: 1 }]);
    await pass(clock, 40);
    expect(reader.stats().lag).toContainEqual({ topic, partition: 1, messages: 0 });
  });
});
