import { beforeEach, describe, expect, test } from 'vitest';
import { alertNotice } from '../../../src/cache/alert-notice.ts';
import type { RedisCommand, RedisOutcome } from '../../../src/cache/redis-connection.ts';
import { RedisWriter } from '../../../src/cache/redis-writer.ts';
import type { Write } from '../../../src/cache/write-queue.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { alertEvent, assessedDetection } from '../../support/assessed.ts';

/** A connection that answers when a test lets it. */
class ScriptedConnection {
  isReady = true;
  closed = 0;
  readonly sent: (readonly RedisCommand[])[] = [];
  readonly #answers: ((outcomes: readonly RedisOutcome[]) => void)[] = [];

  run(commands: readonly RedisCommand[]): Promise<readonly RedisOutcome[]> {
    this.sent.push(commands);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  /** Answers the oldest pipeline: every command alike, or by its name. */
  async answer(error: (command: RedisCommand) => Error | null = () => null): Promise<void> {
    const commands = this.sent[this.sent.length - this.#answers.length] ?? [];
    this.#answers.shift()?.(commands.map((command) => [error(command), 'OK']));
    await turn();
  }

  close(): void {
    this.closed += 1;
    this.isReady = false;
    for (const answer of this.#answers.splice(0)) answer([[new Error('Connection is closed.'), undefined]]);
  }
}

let clock: ManualClock;
let connection: ScriptedConnection;
let writer: RedisWriter;
let events: string[];

beforeEach(() => {
  clock = new ManualClock();
  connection = new ScriptedConnection();
  events = [];
  writer = new RedisWriter({
    connection,
    clock,
    random: () => 0,
    maxWaiting: 100,
    onWritten: (kind) => events.push(`written ${kind}`),
    onDropped: (reason) => events.push(`dropped ${reason}`),
    onRefused: (code) => events.push(code),
    onTaken: () => events.push('taken'),
  });
});

/** Lets what has been set off come to rest. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

function detection(requestId: string, isNewest = true): Write {
  const made = assessedDetection(requestId);
  const dueMs = clock.monotonicMs() + 300_000;
  return { kind: 'detection', cameraId: made.cameraId, detection: made, isNewest, dueMs };
}

function notice(id: string): Write {
  const made = alertNotice(alertEvent(id));
  if (made === undefined) throw new Error('no notice');
  return { kind: 'alert', cameraId: made.cameraId, notice: made };
}

function refusal(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

test('a detection and its alert go out in one pipeline, published last', async () => {
  writer.add(detection('r1'));
  writer.add(notice('a1'));
  expect(connection.sent).toEqual([]);
  await turn();
  const value = JSON.stringify(assessedDetection('r1'));
  expect(connection.sent).toEqual([
    [
      ['SET', 'detection:r1', value, 'PX', 300_000],
      ['SET', 'camera:7:latest', value, 'PX', 300_000],
      ['PUBLISH', 'camera:7', value],
      ['LPUSH', 'alerts:7', JSON.stringify(alertNotice(alertEvent('a1')))],
      ['LTRIM', 'alerts:7', 0, 99],
    ],
  ]);
  expect(writer.waiting).toBe(2);
  await connection.answer();
  expect(events).toEqual(['written detection', 'written alert']);
  expect(writer.waiting).toBe(0);
});

test('one of an earlier capture does not take the place of the latest', async () => {
  writer.add(detection('r1', false));
  await turn();
  expect(connection.sent[0]?.map(([name, key]) => `${name} ${key}`)).toEqual(['SET detection:r1', 'PUBLISH camera:7']);
});

test('while a pipeline is under way, others wait and go together, eight at a time', async () => {
  writer.add(notice('a'));
  await turn();
  for (let index = 0; index < 20; index += 1) writer.add(notice(`b${index}`));
  await turn();
  expect(connection.sent).toHaveLength(1);
  await connection.answer();
  await connection.answer();
  await connection.answer();
  expect(connection.sent.map((commands) => commands.length)).toEqual([2, 16, 16, 8]);
});

test('what has waited stands for what is left of its time, and no longer', async () => {
  connection.isReady = false;
  writer.add(detection('late'));
  writer.add(notice('a'));
  clock.advance(100_000);
  writer.add(detection('young'));
  clock.advance(199_000);
  connection.isReady = true;
  writer.resume();
  await turn();
  expect(connection.sent[0]?.filter(([name]) => name === 'SET').map(([, key, , , leftMs]) => [key, leftMs])).toEqual([
    ['detection:late', 1000],
    ['camera:7:latest', 1000],
    ['detection:young', 101_000],
    ['camera:7:latest', 101_000],
  ]);
});

describe('what comes to nothing', () => {
  test('because the connection is lost is written again, in order, when it is back', async () => {
    writer.add(detection('r1'));
    writer.add(detection('r2'));
    await turn();
    connection.isReady = false;
    await connection.answer(() => new Error('Connection is closed.'));
    writer.add(detection('r3'));
    await turn();
    expect(connection.sent).toHaveLength(1);
    expect(events).toEqual([]);
    connection.isReady = true;
    writer.resume();
    await turn();
    expect(connection.sent[1]?.filter(([name]) => name === 'SET').map(([, key]) => key)).toEqual([
      'detection:r1',
      'camera:7:latest',
      'detection:r2',
      'camera:7:latest',
      'detection:r3',
      'camera:7:latest',
    ]);
  });

  test('because the connection fails although it seems to work is not tried over and over', async () => {
    writer.add(detection('r1'));
    await turn();
    await connection.answer(() => new Error("Stream isn't writeable"));
    expect(connection.sent).toHaveLength(1);
    expect(writer.waiting).toBe(1);
  });

  test('because it is refused for good is counted, and holds up nothing else', async () => {
    writer.add(notice('a'));
    writer.add(detection('r1'));
    await turn();
    const wrongType = refusal('WRONGTYPE Operation against a key holding the wrong kind of value');
    await connection.answer(([name]) => (name === 'LPUSH' ? wrongType : null));
    expect(events).toEqual(['dropped refused', 'redis-refused', 'written detection']);
    expect(writer.waiting).toBe(0);
  });

  test('because the server takes nothing for now is tried again, ever more rarely', async () => {
    const full = () => refusal("OOM command not allowed when used memory > 'maxmemory'.");
    writer.add(detection('r1'));
    await turn();
    await connection.answer(full);
    expect(writer.refusal).toEqual({
      state: 'retrying',
      sinceMs: clock.nowMs(),
      code: 'redis-busy',
      message: "Redis takes nothing for now: OOM command not allowed when used memory > 'maxmemory'.",
      attempt: 1,
      nextTryMs: clock.nowMs() + 125,
    });
    clock.advance(124);
    writer.resume();
    await turn();
    expect(connection.sent).toHaveLength(1);
    clock.advance(1);
    await turn();
    await connection.answer(full);
    expect(writer.refusal).toMatchObject({ attempt: 2, nextTryMs: clock.nowMs() + 250 });
    clock.advance(250);
    await turn();
    await connection.answer();
    expect(writer.refusal).toBeUndefined();
    expect(events).toEqual(['redis-busy', 'redis-busy', 'written detection', 'taken']);
  });
});

describe('whoever gives', () => {
  /** Names of those that are not waited for any more. */
  let done: string[];

  beforeEach(() => {
    done = [];
  });

  function give(name: string, write: Write = detection(name)): void {
    void writer.add(write).then(() => done.push(name));
  }

  test('may wait until it is written', async () => {
    give('r1');
    await turn();
    expect(done).toEqual([]);
    await connection.answer();
    expect(done).toEqual(['r1']);
  });

  test('waits for what is written again, and not for what is refused, out of date or too much', async () => {
    give('r1');
    give('refused', notice('a'));
    await turn();
    await connection.answer(([name]) => (name === 'LPUSH' ? refusal('WRONGTYPE') : new Error('Connection is closed.')));
    expect(done).toEqual(['refused']);
    for (let index = 2; index <= 101; index += 1) give(`r${index}`);
    await turn();
    expect(done).toEqual(['refused', 'r1']);
    writer.resume();
    await turn();
    await connection.answer();
    expect(done).toEqual(['refused', ...['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']]);
  });

  test('waits five seconds at most; then nobody does until all is written', async () => {
    connection.isReady = false;
    give('r1');
    clock.advance(3000);
    give('r2');
    clock.advance(1999);
    await turn();
    expect(done).toEqual([]);
    clock.advance(1);
    give('r3');
    await turn();
    expect(done).toEqual(['r1', 'r2', 'r3']);
    expect(writer.waiting).toBe(3);
    connection.isReady = true;
    writer.resume();
    await turn();
    give('r4');
    await turn();
    expect(done).toEqual(['r1', 'r2', 'r3', 'r4']);
    await connection.answer();
    await connection.answer();
    expect(writer.waiting).toBe(0);
    give('r5');
    await turn();
    expect(done).not.toContain('r5');
    await connection.answer();
    expect(done).toContain('r5');
  });

  test('waits no longer for what is slow: each that is written in time leaves the others their five seconds', async () => {
    give('r1');
    await turn();
    clock.advance(4000);
    give('r2');
    await connection.answer();
    clock.advance(4999);
    await turn();
    expect(done).toEqual(['r1']);
    clock.advance(1);
    await turn();
    expect(done).toEqual(['r1', 'r2']);
  });

  test('does not wait once it is closed', async () => {
    await writer.close();
    give('late');
    await turn();
    expect(done).toEqual(['late']);
  });
});

describe('when it is closed', () => {
  test('what waits is written first', async () => {
    writer.add(detection('r1'));
    const closing = writer.close();
    await turn();
    await connection.answer();
    await closing;
    expect(events).toEqual(['written detection']);
    expect(connection.closed).toBe(1);
  });

  test('a server that does not answer is not waited for; what is left is counted, as is what still comes', async () => {
    writer.add(detection('r1'));
    await turn();
    const closing = writer.close();
    expect(writer.close()).toBe(closing);
    await turn();
    expect(connection.closed).toBe(0);
    clock.advance(300);
    await closing;
    writer.add(notice('a'));
    expect(events).toEqual(['dropped closed', 'dropped closed']);
    expect(connection.closed).toBe(1);
  });
});
