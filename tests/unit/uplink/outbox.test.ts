import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutgoingRecord } from '../../../src/bus/outgoing-record.ts';
import { RoadwatchError } from '../../../src/errors.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { Outbox } from '../../../src/uplink/outbox.ts';
import { RecordedLines } from '../../support/kafka-bus.ts';
import { MemoryDisk, MemoryOutboxStore } from '../../support/memory-outbox-store.ts';
import { pass, settled } from '../../support/scripted-kafka.ts';
import { ScriptedSender } from '../../support/scripted-sender.ts';

const settings = {
  outboxPath: '/unused',
  maxMegabytes: 2048,
  maxAgeHours: 168,
  drainMessagesPerSecond: 100,
  deadLetterMegabytes: 64,
};
/** What is at most drained in one order: five seconds' worth. */
const shortBacklog = 500;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let clock: ManualClock;
let lines: RecordedLines;
let store: MemoryOutboxStore;
let sender: ScriptedSender;
let outbox: Outbox;
/** What became of each record that was sent: `a kept`, `b outbox-overrun`. */
let outcomes: string[];

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  lines = new RecordedLines();
  outcomes = [];
});
afterEach(async () => {
  const closed = outbox.close();
  await pass(clock, 1000);
  await closed;
});

/** Opens an outbox as a process does that starts. `random` 0: the backlog is drained without a delay. */
async function open(disk = new MemoryDisk(), { random = 0 } = {}): Promise<void> {
  store = new MemoryOutboxStore({ disk, nowMs: () => clock.nowMs() });
  sender = new ScriptedSender();
  outbox = new Outbox({ settings, sender, clock, random: () => random, lines }, store);
  await settled();
}

function record(id: string, { key = 'c1', bytes = 10, urgency = 'normal' }: Partial<Traits> = {}): OutgoingRecord {
  return { topic: 'detection-results', key, value: Buffer.alloc(bytes), id, urgency };
}

interface Traits {
  readonly key: string;
  readonly bytes: number;
  readonly urgency: OutgoingRecord['urgency'];
}

function send(id: string, traits: Partial<Traits> = {}): void {
  outbox.send(record(id, traits)).then(
    () => outcomes.push(`${id} kept`),
    (error) => outcomes.push(`${id} ${error.code}`),
  );
}

/** Ids `a0`, `a1`, …. */
function ids(name: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${from + index}`);
}

/** A disk with so many records from a process before this one; each one of `highs` shows a high risk. */
function diskWith(count: number, highs: readonly number[] = []): MemoryDisk {
  const disk = new MemoryDisk();
  for (let seq = 1; seq <= count; seq += 1) {
    const urgency = highs.includes(seq) ? 'high' : 'normal';
    disk.records.set(seq, { ...record(`old${seq}`, { urgency }), seq, storedAtMs: 1000 });
  }
  disk.newestSeq = count;
  return disk;
}

/** Those of the record that was written, as the outbox was given them; nobody else holds them. */
function bytesWritten(): WeakRef<Buffer> {
  const [written] = store.commits.splice(0).flatMap(({ append = [] }) => append);
  if (written === undefined) throw new Error('nothing was written');
  return new WeakRef(written.value);
}

function isThere(bytes: WeakRef<Buffer>): boolean {
  collectGarbage();
  return bytes.deref() !== undefined;
}

/** The broker confirms all, again and again, while time goes by. */
async function confirmFor(durationMs: number, stepMs = 10): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += stepMs) {
    sender.confirm();
    await pass(clock, stepMs);
  }
}

/** Lets records pile up until there is a long backlog, with the broker away; ids `gone0`…. */
async function pileUp(count: number): Promise<void> {
  for (const id of ids('gone', count)) {
    send(id);
    await settled();
  }
}

describe('on the way to the disk', () => {
  test('a record is kept when it is on disk, goes to the sender then, and comes off when the broker has it', async () => {
    await open();
    send('a');
    expect(sender.handed).toEqual([]);
    await settled();
    expect(outcomes).toEqual(['a kept']);
    expect(sender.handed).toEqual(['a']);
    expect(store.disk.ids).toEqual(['a']);
    sender.confirm();
    await pass(clock, 100);
    expect(store.disk.ids).toEqual([]);
    expect(store.reads).toEqual([]);
    expect(outbox.status()).toMatchObject({ depth: 0, sent: 1, inFlight: 0, link: { state: 'connected' } });
  });

  test('what comes while a commit is under way shares the next one, and confirmations ride with it', async () => {
    await open();
    send('a');
    send('b');
    send('c');
    await settled();
    sender.confirm(1);
    await settled();
    send('d');
    await settled();
    expect(store.commits.map(({ append, confirmed }) => [append?.map(({ id }) => id), confirmed])).toEqual([
      [['a'], []],
      [['b', 'c'], []],
      [['d'], [1]],
    ]);
  });

  test('what is refused for good becomes a dead letter with the fault; nothing waits for it', async () => {
    await open();
    send('large');
    send('b');
    await settled();
    sender.refuse('large');
    sender.confirm();
    await pass(clock, 100);
    expect(store.disk.deadLetters).toEqual([
      { seq: 1, code: 'MSG_SIZE_TOO_LARGE', message: 'the topic refuses large (MSG_SIZE_TOO_LARGE)' },
    ]);
    expect(sender.arrivedIds).toEqual(['b']);
    expect(outbox.status()).toMatchObject({ depth: 0, sent: 1, deadLetters: { records: 1, refused: 1 } });
  });
});

describe('the link', () => {
  test('goes from connecting to silent and back', async () => {
    await open();
    expect(outbox.status().link).toEqual({ state: 'connecting', sinceMs: 1_000_000 });
    send('a');
    await pass(clock, 4999);
    expect(outbox.status().link.state).toBe('connecting');
    await pass(clock, 1);
    expect(outbox.status().link).toEqual({ state: 'silent', sinceMs: 1_005_000 });
    sender.confirm();
    await settled();
    expect(outbox.status().link).toEqual({ state: 'connected', sinceMs: 1_005_000 });
    // Nothing is under way: there is nothing to be silent about.
    await pass(clock, 60_000);
    expect(outbox.status().link.state).toBe('connected');
  });

  test('what is given back goes again first and in order, after a pause that grows', async () => {
    await open();
    for (const id of ['a', 'b', 'c']) send(id);
    await settled();
    sender.giveBack(1);
    await settled();
    send('d');
    // Chance 0 makes the pause half a second.
    await pass(clock, 499);
    expect(sender.handed).toEqual(['a', 'b', 'c']);
    expect(outbox.status()).toMatchObject({
      link: { state: 'failing', failures: 1, code: 'broker-away', nextTryMs: 1_000_500 },
    });
    await pass(clock, 1);
    expect(sender.handed).toEqual(['a', 'b', 'c', 'b', 'c', 'd']);
    sender.giveBack();
    await pass(clock, 999);
    expect(sender.handed).toHaveLength(6);
    expect(outbox.status()).toMatchObject({ link: { failures: 2, sinceMs: 1_000_000 } });
    await pass(clock, 1);
    sender.confirm();
    await settled();
    expect(sender.arrivedIds).toEqual(['a', 'b', 'c', 'd']);
    expect(outbox.status().link.state).toBe('connected');
  });
});

test('what comes back late keeps its place: nothing goes before all are back', async () => {
  await open();
  for (const id of ['a', 'b']) send(id);
  await settled();
  sender.giveBackOne('a');
  send('c');
  await pass(clock, 20_000);
  expect(sender.handed).toEqual(['a', 'b']);
  sender.giveBackOne('b');
  await pass(clock, 20_000);
  expect(sender.handed).toEqual(['a', 'b', 'a', 'b', 'c']);
});

test('records that come to the disk another way are found, behind those before them', async () => {
  await open();
  send('a');
  await settled();
  const [first] = store.disk.records.values();
  if (first === undefined) throw new Error('nothing on disk');
  // As when dead letters are put back.
  store.disk.newestSeq = 2;
  store.disk.records.set(2, { ...first, ...record('replayed'), seq: 2 });
  send('b');
  await confirmFor(200);
  expect(sender.arrivedIds).toEqual(['a', 'replayed', 'b']);
  expect(store.disk.ids).toEqual([]);
});

describe('a backlog', () => {
  test('that is short goes in one order, what is new behind it, whatever its urgency', async () => {
    await open(diskWith(shortBacklog, [400]));
    send('new', { urgency: 'high' });
    expect(outbox.status().lanes).toEqual({ high: 0, live: shortBacklog, backlog: 0 });
    await confirmFor(200);
    expect(sender.arrivedIds).toEqual([...ids('old', shortBacklog, 1), 'new']);
    expect(store.disk.ids).toEqual([]);
  });

  test('that is long: high risk first, then what is new, at once, and the rest at its pace', async () => {
    await open(diskWith(1000, [300, 700, 701]));
    expect(outbox.status().lanes).toEqual({ high: 3, live: 0, backlog: 997 });
    await confirmFor(50);
    send('new');
    await settled();
    expect(outbox.status().lanes.live).toBe(1);
    sender.confirm();
    await settled();
    const before = sender.arrivedIds;
    expect(before.slice(0, 3)).toEqual(['old300', 'old700', 'old701']);
    expect(before.at(-1)).toBe('new');
    await confirmFor(2000);
    const drained = sender.arrivedIds.length - before.length;
    expect(drained).toBeGreaterThanOrEqual(190);
    expect(drained).toBeLessThanOrEqual(210);
    const rest = sender.arrivedIds.slice(3).filter((id) => id !== 'new');
    expect(rest).toEqual(ids('old', rest.length, 1));
    await confirmFor(9000);
    expect(sender.arrivedIds).toHaveLength(1001);
    expect(new Set(sender.arrivedIds).size).toBe(1001);
    expect(store.disk.ids).toEqual([]);
    // One lane again, from memory.
    const reads = store.reads.length;
    send('later');
    await settled();
    expect(outbox.status().lanes).toEqual({ high: 0, live: 1, backlog: 0 });
    expect(sender.handed.at(-1)).toBe('later');
    expect(store.reads).toHaveLength(reads);
  });

  test('is begun after a delay by chance, so that boxes with one link do not come together', async () => {
    await open(diskWith(1000), { random: 0.5 });
    await pass(clock, 2499);
    expect(sender.handed).toEqual([]);
    await pass(clock, 30);
    expect(sender.handed).toEqual(['old1', 'old2']);
  });

  test('that grows while the broker is away: what comes after its return goes beside the rest', async () => {
    await open();
    await pileUp(1500);
    // What the sender was given before the outage was long stays with it.
    const given = sender.handed.length;
    expect(given).toBe(1000);
    await pass(clock, 60_000);
    expect(outbox.status()).toMatchObject({ depth: 1500, link: { state: 'silent' } });
    send('late');
    await settled();
    sender.confirm();
    await settled();
    send('new');
    await settled();
    // `late` came while the link was down, `new` after it was back.
    expect(sender.handed.slice(given)).toEqual(['new']);
    await confirmFor(8000);
    const order = [...ids('gone', 1000), 'new', ...ids('gone', 500, 1000), 'late'];
    expect(sender.arrivedIds).toEqual(order);
    expect(store.disk.ids).toEqual([]);
  });

  test('a lane never has more with the sender, or in memory, than its share', async () => {
    await open(diskWith(5000));
    await pass(clock, 60_000);
    expect(outbox.status().inFlight).toBe(200);
    for (const query of store.reads) expect(query).toMatchObject({ maxRecords: 100, maxBytes: 2 * 1_048_576 });
    for (const id of ids('new', 1100)) {
      send(id);
      await settled();
    }
    expect(outbox.status().inFlight).toBe(1200);
  });
});

describe('a disk that takes nothing', () => {
  test('is said once and tried again; what came meanwhile gets there, in order', async () => {
    await open();
    store.fault = 'disk-full';
    send('a');
    send('b');
    await pass(clock, 100);
    expect(outbox.status()).toMatchObject({
      disk: { state: 'failing', sinceMs: 1_000_000, code: 'disk-full' },
      waiting: { records: 2 },
    });
    await pass(clock, 10_000);
    store.fault = undefined;
    await pass(clock, 20_000);
    expect(store.disk.ids).toEqual(['a', 'b']);
    expect(outcomes).toEqual(['a kept', 'b kept']);
    expect(outbox.status()).toMatchObject({ disk: { state: 'ok' }, waiting: { records: 0 } });
    expect(lines.written.filter(({ subject }) => subject.startsWith('outbox disk')).map(({ level }) => level)).toEqual([
      'error',
      'info',
    ]);
    // They went before: not a second time.
    expect(sender.handed).toEqual(['a', 'b']);
  });

  test('does not stop what is sent: the broker has it without the disk', async () => {
    await open();
    store.fault = 'disk-full';
    for (const id of ids('a', 50)) send(id);
    await settled();
    expect(outcomes).toEqual([]);
    sender.confirm();
    await settled();
    expect(sender.arrivedIds).toEqual(ids('a', 50));
    expect(outcomes).toEqual(ids('a', 50).map((id) => `${id} kept`));
    expect(outbox.status()).toMatchObject({ waiting: { records: 0, bytes: 0 }, sent: 50 });
  });

  test('with the broker away: memory is bounded, and the oldest without a high risk go first, counted', async () => {
    await open();
    store.fault = 'disk-full';
    send('a0');
    await settled();
    for (const id of ids('a', 999, 1)) send(id, { urgency: id === 'a300' ? 'high' : 'normal' });
    await settled();
    expect(outbox.status()).toMatchObject({ waiting: { records: 800 }, evicted: { 'disk-full': 200, overrun: 0 } });
    const gone = outcomes.filter((outcome) => outcome.endsWith('outbox-overrun'));
    expect(gone).toHaveLength(200);
    expect(outcomes).not.toContain('a300 outbox-overrun');
    store.fault = undefined;
    sender.confirm();
    await pass(clock, 5000);
    await confirmFor(5000);
    expect(new Set([...sender.arrivedIds, ...gone.map((outcome) => outcome.split(' ')[0])]).size).toBe(1000);
    expect(sender.arrivedIds).toHaveLength(800);
  });

  test('that does not answer at all is like one that refuses', async () => {
    await open();
    store.commit = () => new Promise(() => {});
    send('a');
    await pass(clock, 5000);
    expect(outbox.status().disk).toMatchObject({ state: 'failing', code: 'store-slow' });
    sender.confirm();
    await settled();
    expect(outcomes).toEqual(['a kept']);
  });

  test('that can be written and not read: what is new goes on from memory', async () => {
    const disk = diskWith(20);
    store = new MemoryOutboxStore({ disk });
    store.readFault = 'store-lost';
    sender = new ScriptedSender();
    outbox = new Outbox({ settings, sender, clock, random: () => 0, lines }, store);
    await settled();
    send('new');
    await settled();
    expect(sender.handed).toEqual(['new']);
    store.readFault = undefined;
    await confirmFor(20_000, 100);
    expect(sender.arrivedIds).toEqual(['new', ...ids('old', 20, 1)]);
  });

  test('that hangs in a reading is told of; what is new goes on, little is asked, and all comes in the end', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    store = new MemoryOutboxStore({ disk: diskWith(20), answerWhen: () => answered });
    const read = store.read.bind(store);
    let asked = 0;
    store.read = (query) => {
      asked += 1;
      return read(query);
    };
    sender = new ScriptedSender();
    outbox = new Outbox({ settings, sender, clock, random: () => 0, lines }, store);
    await pass(clock, 4999);
    expect(outbox.status().disk).toEqual({ state: 'ok' });
    await pass(clock, 1);
    expect(outbox.status().disk).toMatchObject({ state: 'failing', sinceMs: 1_005_000, code: 'store-slow' });
    expect(lines.written.map(({ subject }) => subject)).toContain('outbox read store-slow');
    send('new');
    await pass(clock, 5000);
    expect(sender.handed).toEqual(['new']);
    // Once in the order of all, and once for what shows a high risk: it is tried again and again, and not asked.
    await pass(clock, 600_000);
    expect(asked).toBe(2);
    answer();
    await confirmFor(60_000, 100);
    expect(sender.arrivedIds).toEqual(['new', ...ids('old', 20, 1)]);
    expect(outbox.status().disk).toEqual({ state: 'ok' });
    expect(store.disk.ids).toEqual([]);
  });

  test('that answers a reading when others have brought the same: nothing goes twice', async () => {
    store = new MemoryOutboxStore({ disk: diskWith(20) });
    const read = store.read.bind(store);
    let answer = () => {};
    store.read = async (query) => {
      store.read = read;
      const found = await read(query);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return found;
    };
    sender = new ScriptedSender();
    outbox = new Outbox({ settings, sender, clock, random: () => 0, lines }, store);
    await confirmFor(10_000, 100);
    expect(sender.arrivedIds).toEqual(ids('old', 20, 1));
    expect(outbox.status().disk).toEqual({ state: 'ok' });
    answer();
    send('new');
    await confirmFor(1000, 100);
    expect(sender.arrivedIds).toEqual([...ids('old', 20, 1), 'new']);
    expect(store.disk.ids).toEqual([]);
  });

  test('that does not take off what is through: of that no bytes are kept', async () => {
    await open();
    send('large', { bytes: 1_000_000 });
    await settled();
    const bytes = bytesWritten();
    store.commit = () => new Promise(() => {});
    sender.confirm();
    await pass(clock, 100);
    sender.arrived.length = 0;
    expect(outbox.status()).toMatchObject({ depth: 1, inFlight: 0 });
    await expect.poll(() => isThere(bytes)).toBe(false);
  });

  test('whose worker was lost with a commit: what it had written is found', async () => {
    await open();
    store.fault = 'answer-lost';
    send('a');
    await settled();
    expect(store.disk.ids).toEqual(['a']);
    store.fault = undefined;
    await confirmFor(1000);
    expect(sender.arrivedIds).toEqual(['a']);
    send('b');
    await confirmFor(1000);
    // Nobody could know that it had been written: it goes again, with its id.
    expect(sender.arrivedIds).toEqual(['a', 'b', 'a']);
    expect(store.disk.ids).toEqual([]);
  });

  test('that can never take one of several: that one is refused, the others get there', async () => {
    await open();
    const commit = store.commit.bind(store);
    store.commit = (change) => {
      const isRefused = change.append?.some(({ id }) => id === 'b');
      return isRefused ? Promise.reject(new RoadwatchError('record-refused', 'too large')) : commit(change);
    };
    for (const id of ['first', 'a', 'b', 'c']) send(id);
    await settled();
    expect(outcomes.sort()).toEqual(['a kept', 'b record-refused', 'c kept', 'first kept']);
    expect(store.disk.ids).toEqual(['first', 'a', 'c']);
    expect(outbox.status()).toMatchObject({ disk: { state: 'ok' }, waiting: { records: 0 } });
  });

  test('that was repaired is read anew', async () => {
    await open();
    for (const id of ['a', 'b', 'c']) send(id);
    await settled();
    // The store has found a record of another time.
    store.disk.records.set(0.5, { ...record('found'), seq: 0.5, storedAtMs: 0 });
    store.repairs = 1;
    send('d');
    await confirmFor(1000);
    expect(sender.arrivedIds).toEqual(['a', 'b', 'c', 'found', 'd']);
  });
});

describe('closing', () => {
  test('brings to disk what waits, and accepts nothing more; twice is once', async () => {
    await open();
    store.fault = 'disk-full';
    send('a');
    await settled();
    store.fault = undefined;
    const closed = Promise.all([outbox.close(), outbox.close()]);
    send('late');
    await pass(clock, 0);
    await closed;
    expect(outcomes.sort()).toEqual(['a kept', 'late sender-closed']);
    expect(store.disk.ids).toEqual(['a']);
    expect(store.isClosed).toBe(true);
    expect(sender.isClosed).toBe(false);
    expect(outbox.status().link.state).toBe('closed');
  });

  test('waits a moment for what is on its way to a broker that answers', async () => {
    await open();
    send('a');
    await settled();
    sender.confirm();
    send('b');
    await settled();
    const closed = outbox.close();
    await pass(clock, 50);
    sender.confirm();
    await settled();
    await closed;
    expect(store.disk.ids).toEqual([]);
  });

  test('ends in time, whatever hangs', async () => {
    await open();
    store.commit = () => new Promise(() => {});
    store.close = () => new Promise(() => {});
    send('a');
    const closed = outbox.close();
    await pass(clock, 500);
    await closed;
    expect(outcomes).toEqual(['a sender-closed']);
    expect(outbox.status().evicted['disk-full']).toBe(1);
  });
});

test('records too old are looked for once a minute', async () => {
  await open();
  await pass(clock, 180_000);
  expect(store.pruned).toBe(3);
});

test('what the store gives up is counted and said', async () => {
  await open();
  store.evictedByQuota = 7;
  send('a');
  await settled();
  expect(outbox.status().evicted).toMatchObject({ quota: 7 });
  expect(lines.written.map(({ subject }) => subject)).toEqual(['outbox evicted quota']);
});
