/** What was refused or damaged is in the queue again, once, and nothing is lost on the way. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordOfMessage } from '../../../../src/bus/record-of-message.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { replayPlaces } from '../../../../src/uplink/offline/places.ts';
import { planReplay, type ReplayOutcome, type ReplayRequest, replay } from '../../../../src/uplink/offline/replay.ts';
import { quarantinePath } from '../../../../src/uplink/store/quarantine.ts';
import { OutboxWriter, plentyOfRoom, turnBits, writeOutbox } from '../../../support/outbox-file.ts';
import { pictureRecord, resultRecord } from '../../../support/outbox-records.ts';
import { groupRisk, resultMessage } from '../../../support/risk-messages.ts';

const startMs = Date.UTC(2025, 0, 1);
const tooLarge = { code: 'MSG_SIZE_TOO_LARGE', message: 'too large' };
const forbidden = { code: 'TOPIC_AUTHORIZATION_FAILED', message: 'no' };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-replay-'));
  path = join(folder, 'outbox.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function request(selection: ReplayRequest['selection'] = {}, places: ReplayRequest['places'] = new Set(replayPlaces)) {
  return { path, places, selection };
}

function replayed(...args: Parameters<typeof request>): ReplayOutcome {
  const { evicted: _, ...plan } = planReplay(request(...args));
  const outcome = replay(request(...args), plentyOfRoom, new ManualClock(startMs + 1000), () => {});
  expect(outcome).toMatchObject(plan);
  return outcome;
}

/** What a service would send now, oldest first. */
function queue(): string[] {
  const writer = new OutboxWriter(path);
  const ids = writer.queue.map(({ id }) => id);
  writer.close();
  return ids;
}

describe('dead letters', () => {
  beforeEach(() => {
    const writer = new OutboxWriter(path);
    writer.commit([resultRecord('a'), pictureRecord('b'), resultRecord('c', 100, 'high'), resultRecord('d')]);
    writer.commit([], [{ seq: 1, ...tooLarge }]);
    writer.clock.advance(500);
    writer.commit(
      [],
      [
        { seq: 2, ...forbidden },
        { seq: 3, ...tooLarge },
      ],
    );
    writer.close();
  });

  test('go behind what waits, as they were', () => {
    expect(replayed()).toEqual({ deadLetters: 3, damaged: 0, quarantined: 0, beyondMending: 0, evicted: 0 });
    const writer = new OutboxWriter(path);
    expect(writer.queue).toEqual([
      resultRecord('d'),
      resultRecord('a'),
      pictureRecord('b'),
      resultRecord('c', 100, 'high'),
    ]);
    writer.close();
    expect(replayed().deadLetters).toBe(0);
  });

  test.each([
    ['by reason', { code: 'MSG_SIZE_TOO_LARGE' }, ['a', 'c']],
    ['by topic', { topic: 'detection-results' }, ['b']],
    ['by id', { ids: ['c', 'nobody', 'a'] }, ['a', 'c']],
    ['by the time of their refusal', { sinceMs: startMs + 500 }, ['b', 'c']],
    ['by all of these', { code: 'MSG_SIZE_TOO_LARGE', ids: ['a', 'b'], sinceMs: startMs }, ['a']],
    ['of which there are none', { code: 'INVALID_RECORD' }, []],
  ])('a part of them: %s', (_name, selection, expected) => {
    expect(replayed(selection).deadLetters).toBe(expected.length);
    expect(queue()).toEqual(['d', ...expected]);
  });

  test('that would be brought back are said, and left where they are', () => {
    expect(planReplay(request())).toEqual({ deadLetters: 3, damaged: 0, quarantined: 0, beyondMending: 0 });
    expect(queue()).toEqual(['d']);
  });

  test('that are damaged go into the quarantine, and are mended where one bit has turned', () => {
    const message = resultMessage('r', groupRisk(1), { taskId: 't' });
    const record = recordOfMessage('risk-assessment-results', '7', message);
    const writer = new OutboxWriter(path);
    const [seq = 0] = writer.commit([record]);
    writer.commit([], [{ seq, ...tooLarge }]);
    writer.close();
    turnBits(path, seq, 1000);
    turnBits(path, 1, 500, 501);
    const outcome = replay(request(), plentyOfRoom, new ManualClock(), () => {});
    expect(outcome).toEqual({ deadLetters: 2, damaged: 2, quarantined: 1, beyondMending: 1, evicted: 0 });
    expect(queue()).toEqual(['d', 'b', 'c', record.id]);
  });

  test('push out what is oldest where the queue is full, and say so', () => {
    // Three of these take 540 bytes.
    const limits = { ...plentyOfRoom, maxBytes: 400 };
    const outcome = replay(request({ code: 'MSG_SIZE_TOO_LARGE' }), limits, new ManualClock(), () => {});
    expect(outcome).toMatchObject({ deadLetters: 2, evicted: 1 });
    expect(queue()).toEqual(['a', 'c']);
  });
});

describe('the quarantine', () => {
  const records = ['one', 'two', 'three'].map((taskId) =>
    recordOfMessage('risk-assessment-results', '7', resultMessage('r', groupRisk(1), { taskId })),
  );

  /** Damages records of the queue, and has a service put them aside. */
  function damage(bits: Readonly<Record<number, readonly number[]>>): void {
    for (const [seq, turned] of Object.entries(bits)) turnBits(path, Number(seq), ...turned);
    queue();
  }

  test('gives back what one turned bit had broken, as it was, and keeps the rest', () => {
    writeOutbox(path, records);
    damage({ 1: [1000], 2: [1000, 1001] });
    expect(queue()).toEqual(['three_result']);
    expect(replayed()).toMatchObject({ deadLetters: 0, quarantined: 1, beyondMending: 1 });
    const writer = new OutboxWriter(path);
    expect(writer.queue).toEqual([records[2], records[0]]);
    writer.close();
    const left = readFileSync(quarantinePath(path), 'utf8').trimEnd().split('\n');
    expect(left.map((line) => JSON.parse(line).id)).toEqual(['two_result']);
    expect(statSync(quarantinePath(path)).mode & 0o777).toBe(0o600);
    expect(replayed()).toMatchObject({ quarantined: 0, beyondMending: 1 });
  });

  test('is gone when all of it was given back', () => {
    writeOutbox(path, records);
    damage({ 1: [1000] });
    replayed();
    expect(existsSync(quarantinePath(path))).toBe(false);
  });

  test('is left alone where it was not asked for', () => {
    writeOutbox(path, records);
    damage({ 1: [1000] });
    expect(replayed({}, new Set(['dead']))).toMatchObject({ quarantined: 0, beyondMending: 0 });
    expect(replayed({ code: 'MSG_SIZE_TOO_LARGE' })).toMatchObject({ quarantined: 0, beyondMending: 0 });
    expect(replayed({ ids: ['two_result'] })).toMatchObject({ quarantined: 0 });
    expect(replayed({ sinceMs: startMs + 1 })).toMatchObject({ quarantined: 0 });
    expect(replayed({ ids: ['one_result'], sinceMs: startMs })).toMatchObject({ quarantined: 1 });
  });

  test('does not send what is no message of its topic, however well its checksum fits', () => {
    writeOutbox(path, [resultRecord('no json')]);
    damage({ 1: [500] });
    expect(replayed()).toMatchObject({ quarantined: 0, beyondMending: 1 });
  });
});

test('not while a service has the file, and not without one', () => {
  expect(() => replay(request(), plentyOfRoom, new ManualClock(), () => {})).toThrow(/there is no such file/);
  expect(existsSync(path)).toBe(false);
  const writer = new OutboxWriter(path);
  const busy = new RegExp(`process ${process.pid} has it`);
  expect(() => replay(request(), plentyOfRoom, new ManualClock(), () => {})).toThrow(busy);
  expect(() => planReplay(request())).toThrow(busy);
  writer.close();
});
