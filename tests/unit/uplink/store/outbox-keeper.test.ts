/** The outbox's worker without its thread: commits, reads, quota, age, dead letters. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutgoingRecord } from '../../../../src/bus/outgoing-record.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import type { OutboxLimits } from '../../../../src/uplink/store/outbox-database.ts';
import { OutboxKeeper } from '../../../../src/uplink/store/outbox-keeper.ts';
import type { DeadLetter, OutboxQuery, RefusedRecord } from '../../../../src/uplink/store/outbox-store.ts';
import { frameLength } from '../../../../src/uplink/store/record-frame.ts';
import type { OutboxAnswer, OutboxRequest } from '../../../../src/uplink/store/worker-messages.ts';
import { contentsOf, framesOf, pictureRecord, resultRecord } from '../../../support/outbox-records.ts';

const plenty: OutboxLimits = { maxBytes: 1e9, maxAgeMs: 1e12, maxDeadBytes: 1e9 };

let folder: string;
let path: string;
let clock: ManualClock;
let troubles: string[];
let keepers: OutboxKeeper[];
let nextId: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-outbox-'));
  path = join(folder, 'outbox.db');
  clock = new ManualClock();
  troubles = [];
  keepers = [];
  nextId = 0;
});
afterEach(() => {
  for (const keeper of keepers) close(keeper);
  rmSync(folder, { recursive: true });
});

function newKeeper(limits: Partial<OutboxLimits> = {}): OutboxKeeper {
  const keeper = new OutboxKeeper({ path, limits: { ...plenty, ...limits } }, clock, ({ message }) =>
    troubles.push(message),
  );
  keepers.push(keeper);
  return keeper;
}

function commit(
  append: readonly OutgoingRecord[],
  confirmed: readonly number[] = [],
  refused: readonly RefusedRecord[] = [],
): OutboxRequest {
  nextId += 1;
  return { id: nextId, name: 'commit', given: { frames: framesOf(append), confirmed, refused } };
}

function close(keeper: OutboxKeeper): void {
  keeper.handle([{ id: 0, name: 'close', given: {} }]);
}

/** The answer to one request; throws the fault's code where there is one. */
function ask<Answer>(keeper: OutboxKeeper, request: OutboxRequest): Answer {
  const [answer] = keeper.handle([request]) as [OutboxAnswer];
  if ('fault' in answer) throw new Error(`${answer.fault.code}: ${answer.fault.message}`);
  return answer.answer as Answer;
}

const all: OutboxQuery = { afterSeq: 0, maxRecords: 1_000_000, maxBytes: 1e9 };

function read(keeper: OutboxKeeper, query: Partial<OutboxQuery> = {}) {
  return contentsOf(ask<Uint8Array[]>(keeper, { id: 1, name: 'read', given: { ...all, ...query } }));
}

function ids(keeper: OutboxKeeper, query: Partial<OutboxQuery> = {}): string[] {
  return read(keeper, query).map(({ id }) => id);
}

function deadLetters(keeper: OutboxKeeper): DeadLetter[] {
  return ask(keeper, { id: 1, name: 'deadLetters', given: { afterSeq: 0, maxRecords: 100 } });
}

describe('records', () => {
  test('come back as they were given, oldest first, with the time at which they were taken', () => {
    const keeper = newKeeper();
    expect(ask(keeper, commit([resultRecord('a'), pictureRecord('b', 10, 'high')]))).toEqual([1, 2]);
    clock.advance(5);
    expect(ask(keeper, commit([resultRecord('ü', 70_000)]))).toEqual([3]);
    const startMs = Date.UTC(2025, 0, 1);
    expect(read(keeper)).toEqual([
      { ...resultRecord('a'), seq: 1, storedAtMs: startMs },
      { ...pictureRecord('b', 10, 'high'), seq: 2, storedAtMs: startMs },
      { ...resultRecord('ü', 70_000), seq: 3, storedAtMs: startMs + 5 },
    ]);
  });

  test('are there for the next one who opens the file, and seqs go on', () => {
    const first = newKeeper();
    ask(first, commit([resultRecord('a'), resultRecord('b')]));
    ask(first, commit([], [1, 2]));
    close(first);
    const second = newKeeper();
    expect(ask(second, commit([resultRecord('c')]))).toEqual([3]);
    expect(ids(second)).toEqual(['c']);
  });

  test('are read by urgency, behind a seq, within bounds; at least one comes', () => {
    const keeper = newKeeper();
    const urgency = (index: number) => (index % 3 === 0 ? 'high' : 'normal');
    ask(keeper, commit(Array.from({ length: 9 }, (_, index) => resultRecord(`${index}`, 100, urgency(index)))));
    expect(ids(keeper, { urgency: 'high' })).toEqual(['0', '3', '6']);
    expect(ids(keeper, { urgency: 'normal', afterSeq: 3 })).toEqual(['4', '5', '7', '8']);
    expect(ids(keeper, { afterSeq: 2, maxRecords: 3 })).toEqual(['2', '3', '4']);
    const bytes = frameLength(resultRecord('0'));
    expect(ids(keeper, { maxBytes: 2 * bytes })).toEqual(['0', '1']);
    expect(ids(keeper, { maxBytes: 1 })).toEqual(['0']);
    expect(ids(keeper, { afterSeq: 9 })).toEqual([]);
  });

  test('that are confirmed are gone, and a seq that is gone is no error', () => {
    const keeper = newKeeper();
    ask(keeper, commit([resultRecord('a'), resultRecord('b', 10, 'high'), resultRecord('c')]));
    ask(keeper, commit([], [2, 1, 2, 99]));
    expect(ids(keeper)).toEqual(['c']);
    expect(keeper.stats()).toMatchObject({
      records: 1,
      highRecords: 0,
      bytes: frameLength(resultRecord('c')),
      newestSeq: 3,
      oldestStoredAtMs: clock.nowMs(),
    });
  });

  test('with a name that does not fit are refused, and what waits beside them is not', () => {
    const keeper = newKeeper();
    const broken = { ...(commit([resultRecord('a')]) as Extract<OutboxRequest, { name: 'commit' }>) };
    const cut = { ...broken, given: { ...broken.given, frames: broken.given.frames.subarray(0, 60) } };
    const answers = keeper.handle([commit([resultRecord('b')]), cut, commit([resultRecord('c')])]);
    expect(answers).toMatchObject([{ answer: [1] }, { fault: { code: 'record-refused' } }, { answer: [2] }]);
    expect(ids(keeper)).toEqual(['b', 'c']);
  });
});

describe('requests that wait together', () => {
  test('share a commit, and are answered in their order', () => {
    const keeper = newKeeper();
    ask(keeper, commit([resultRecord('first')]));
    const before = keeper.open().totals.commits;
    const requests = Array.from({ length: 100 }, (_, index) => commit([resultRecord(`r${index}`)], [index]));
    const answers = keeper.handle(requests);
    expect(keeper.open().totals.commits - before).toBe(1);
    expect(answers.map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
    expect(answers.map((answer) => 'answer' in answer && answer.answer)).toEqual(
      Array.from({ length: 100 }, (_, index) => [index + 2]),
    );
    expect(ids(keeper)).toEqual(['r98', 'r99']);
  });
});

describe('the quota', () => {
  const size = frameLength(resultRecord('n0', 1000));

  test('takes the oldest pictures first and leaves the rest of the message', () => {
    const rich = frameLength(pictureRecord('p0'));
    const keeper = newKeeper({ maxBytes: 4 * rich + 500 });
    ask(keeper, commit([pictureRecord('p0'), pictureRecord('p1', 2000, 'high'), pictureRecord('p2')]));
    ask(keeper, commit([pictureRecord('p3'), pictureRecord('p4')]));
    const lean = {
      ...JSON.parse(pictureRecord('p0').value.toString()),
      groupImages: [{ groupIndex: 1, imageBase64: '' }],
    };
    const found = read(keeper);
    expect(found.map(({ id }) => id)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
    expect(JSON.parse(found[0]?.value.toString() ?? '')).toEqual(lean);
    expect(found.slice(1).map(({ value }) => value)).toEqual(
      ['p1', 'p2', 'p3', 'p4'].map((id) => pictureRecord(id).value),
    );
    expect(keeper.stats()?.evicted).toMatchObject({ pictures: 1, quota: 0 });
    ask(keeper, commit([pictureRecord('p5')]));
    expect(
      read(keeper)
        .filter(({ value }) => value.length < 1000)
        .map(({ id }) => id),
    ).toEqual(['p0', 'p1']);
  });

  test('then the oldest normal messages, and high ones last', () => {
    const keeper = newKeeper({ maxBytes: 4 * size });
    const normal = (id: string) => resultRecord(id, 1000);
    const high = (id: string) => resultRecord(id, 1000, 'high');
    ask(keeper, commit([high('h0'), normal('n0'), normal('n1'), high('h1')]));
    expect(keeper.stats()?.evicted.quota).toBe(0);
    ask(keeper, commit([normal('n2')]));
    expect(ids(keeper)).toEqual(['h0', 'n1', 'h1', 'n2']);
    ask(keeper, commit([high('h2'), high('h3')]));
    expect(ids(keeper)).toEqual(['h0', 'h1', 'h2', 'h3']);
    ask(keeper, commit([high('h4')]));
    expect(ids(keeper)).toEqual(['h1', 'h2', 'h3', 'h4']);
    expect(keeper.stats()?.evicted).toEqual({ pictures: 0, quota: 4, age: 0, corrupt: 0, 'disk-full': 0, overrun: 0 });
    expect(keeper.stats()?.bytes).toBe(4 * size);
  });

  test('that was lowered is reached a part at a time', () => {
    const first = newKeeper();
    for (let round = 0; round < 8; round += 1) {
      ask(first, commit(Array.from({ length: 50 }, (_, index) => resultRecord(`${round}-${index}`, 50_000))));
    }
    close(first);
    const second = newKeeper({ maxBytes: 1_000_000 });
    ask(second, commit([resultRecord('new')]));
    expect(second.stats()?.bytes).toBeGreaterThan(10_000_000);
    clock.advance(1);
    ask(second, { id: 1, name: 'prune', given: { nowMs: clock.nowMs() } });
    expect(second.stats()?.bytes).toBeLessThanOrEqual(1_000_000);
    expect(ids(second).at(-1)).toBe('new');
  });
});

describe('age', () => {
  test('lets go of what is too old', () => {
    const keeper = newKeeper({ maxAgeMs: 1000 });
    ask(keeper, commit([resultRecord('a'), resultRecord('b', 100, 'high')]));
    clock.advance(600);
    ask(keeper, commit([resultRecord('c')]));
    clock.advance(401);
    ask(keeper, { id: 1, name: 'prune', given: { nowMs: clock.nowMs() } });
    expect(ids(keeper)).toEqual(['c']);
    expect(keeper.stats()?.evicted.age).toBe(2);
  });

  test('is not known of what was taken before the clock was set', () => {
    clock = new ManualClock(0);
    const keeper = newKeeper({ maxAgeMs: 1000 });
    ask(keeper, commit([resultRecord('a')]));
    ask(keeper, { id: 1, name: 'prune', given: { nowMs: Date.UTC(2026, 0, 1) } });
    expect(ids(keeper)).toEqual(['a']);
  });
});

describe('dead letters', () => {
  const refused = (seq: number, code = 'MSG_SIZE_TOO_LARGE'): RefusedRecord => ({ seq, code, message: `no ${seq}` });

  test('leave the queue and stay listed with the reason', () => {
    const keeper = newKeeper();
    ask(keeper, commit([resultRecord('a'), resultRecord('b', 100, 'high'), resultRecord('c')]));
    ask(keeper, commit([], [], [refused(2), refused(77)]));
    expect(ids(keeper)).toEqual(['a', 'c']);
    const [letter] = deadLetters(keeper);
    expect(letter).toMatchObject({
      seq: 2,
      id: 'b',
      topic: 'risk-assessment-results',
      key: 'camera-1',
      code: 'MSG_SIZE_TOO_LARGE',
      message: 'no 2',
      refusedAtMs: clock.nowMs(),
    });
    expect(keeper.stats()).toMatchObject({
      records: 2,
      highRecords: 0,
      deadLetters: { records: 1, bytes: letter?.bytes },
    });
  });

  test('go back to the queue, behind what is there, by code and topic', () => {
    const keeper = newKeeper();
    ask(keeper, commit([resultRecord('a'), pictureRecord('b'), resultRecord('c', 100, 'high')]));
    ask(keeper, commit([], [], [refused(1), refused(2), refused(3, 'TOPIC_AUTHORIZATION_FAILED')]));
    expect(keeper.stats()?.deadLetters.byReason).toEqual({ MSG_SIZE_TOO_LARGE: 2, TOPIC_AUTHORIZATION_FAILED: 1 });
    expect(ask(keeper, { id: 1, name: 'replay', given: { code: 'TOPIC_AUTHORIZATION_FAILED' } })).toBe(1);
    expect(ask(keeper, { id: 1, name: 'replay', given: { topic: 'detection-results' } })).toBe(1);
    expect(read(keeper)).toEqual([
      { ...resultRecord('c', 100, 'high'), seq: 4, storedAtMs: clock.nowMs() },
      { ...pictureRecord('b'), seq: 5, storedAtMs: clock.nowMs() },
    ]);
    expect(deadLetters(keeper).map(({ id }) => id)).toEqual(['a']);
    expect(ask(keeper, { id: 1, name: 'replay', given: {} })).toBe(1);
    expect(keeper.stats()?.deadLetters).toEqual({ records: 0, bytes: 0, dropped: 0, byReason: {} });
  });

  test('are bounded: the oldest go, counted', () => {
    const keeper = newKeeper({ maxDeadBytes: 2500 });
    ask(keeper, commit(['a', 'b', 'c'].map((id) => resultRecord(id, 1000))));
    ask(keeper, commit([], [], [refused(1), refused(2), refused(3)]));
    expect(deadLetters(keeper).map(({ id }) => id)).toEqual(['b', 'c']);
    expect(keeper.stats()?.deadLetters).toMatchObject({ records: 2, dropped: 1 });
  });
});

test('room that is free inside the file goes back to the disk', () => {
  const keeper = newKeeper();
  const seqs = [];
  for (let round = 0; round < 10; round += 1) {
    const many = Array.from({ length: 100 }, (_, index) => resultRecord(`${round}-${index}`, 60_000));
    seqs.push(...ask<number[]>(keeper, commit(many)));
  }
  ask(keeper, commit([], seqs));
  keeper.open().file.shrinkLog();
  expect(statSync(path).size).toBeGreaterThan(60_000_000);
  for (let round = 0; round < 4; round += 1) ask(keeper, { id: 1, name: 'prune', given: { nowMs: clock.nowMs() } });
  keeper.open().file.shrinkLog();
  expect(statSync(path).size).toBeLessThan(20_000_000);
});

test('a file that cannot be opened is said in words, and tried again later by itself', () => {
  path = join(folder, 'state', 'outbox.db');
  writeFileSync(join(folder, 'state'), '');
  const keeper = newKeeper();
  expect(keeper.handle([commit([resultRecord('a')])])).toMatchObject([
    { fault: { code: 'store-unwritable', message: expect.stringMatching(/outbox .*its path leads through a file/) } },
  ]);
  rmSync(join(folder, 'state'));
  mkdirSync(join(folder, 'state'));
  expect(() => ids(keeper)).toThrow('store-unwritable');
  clock.advance(2000);
  expect(ids(keeper)).toEqual([]);
});

test('counts are of this start', () => {
  const first = newKeeper({ maxBytes: 1000 });
  ask(first, commit([resultRecord('a', 500), resultRecord('b', 500)]));
  expect(first.stats()?.evicted.quota).toBe(1);
  close(first);
  const second = newKeeper({ maxBytes: 1000 });
  ask(second, commit([]));
  expect(second.stats()?.evicted.quota).toBe(0);
  expect(second.open().totals.evicted.quota).toBe(1);
});
