/** The store's worker without its thread: batches, faults of disks, damaged files. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreKeeper } from '../../../src/alert/store/store-keeper.ts';
import type { StoreAnswer, StoreRequest } from '../../../src/alert/store/worker-messages.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { alert } from '../../support/alerts.ts';

const limits = { maxAgeMs: 1e13, maxBytes: 1e12, maxAlerts: 1e9 };

let folder: string;
let path: string;
let clock: ManualClock;
let asides: string[];
const keepers: StoreKeeper[] = [];
let nextId: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-keeper-'));
  path = join(folder, 'alerts.db');
  clock = new ManualClock();
  asides = [];
  nextId = 0;
});
afterEach(() => {
  for (const keeper of keepers.splice(0)) keeper.handle([{ id: 0, name: 'close', given: {} }]);
  rmSync(folder, { recursive: true });
});

function newKeeper(overrides: Partial<typeof limits> = {}): StoreKeeper {
  const keeper = new StoreKeeper({ path, limits: { ...limits, ...overrides } }, clock, ({ setAside }) => {
    asides.push(setAside.reason);
  });
  keepers.push(keeper);
  return keeper;
}

function save(id: string, picture?: string): StoreRequest {
  nextId += 1;
  return {
    id: nextId,
    name: 'save',
    given: picture === undefined ? { alert: alert(id) } : { alert: alert(id), picture },
  };
}

function list(): StoreRequest {
  nextId += 1;
  return { id: nextId, name: 'list', given: { filter: {}, limit: 500 } };
}

/** The alerts of a list's answer, or the fault. */
function listed(keeper: StoreKeeper): string[] | string {
  const [answer] = keeper.handle([list()]) as [StoreAnswer];
  if ('fault' in answer) return answer.fault.code;
  return (answer.answer as { alerts: { id: string }[] }).alerts.map(({ id }) => id);
}

describe('a batch', () => {
  test('is answered in its order, and what is asked after a save knows of it', () => {
    const answers = newKeeper().handle([save('a'), save('b'), list(), save('c'), list()]);
    expect(answers.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    const lists = answers.flatMap((answer) => ('answer' in answer && answer.answer ? [answer.answer] : []));
    expect(lists).toMatchObject([{ alerts: [{ id: 'b' }, { id: 'a' }] }, { alerts: [{}, {}, {}] }]);
    expect(answers[4]).toMatchObject({ stats: { alerts: 3 } });
  });

  test('of alerts is one commit', () => {
    const keeper = newKeeper();
    keeper.handle([save('first')]);
    const reader = new Database(path, { readonly: true });
    const version = () => Number(reader.pragma('data_version', { simple: true }));
    const before = version();
    keeper.handle(Array.from({ length: 100 }, (_, index) => save(`a${index}`)));
    reader.prepare('SELECT count(*) FROM alerts').get();
    // Grows by one with every commit of others.
    expect(version() - before).toBe(1);
    reader.close();
  });

  test('keeps within the limits', () => {
    const keeper = newKeeper({ maxAlerts: 10 });
    for (let index = 0; index < 30; index += 1) keeper.handle([save(`a${index}`)]);
    expect(listed(keeper)).toHaveLength(10);
  });

  test('leaves out a picture that is too large, and keeps the alert', () => {
    const keeper = newKeeper();
    keeper.handle([
      save('a', Buffer.alloc(1_048_577).toString('base64')),
      save('b', Buffer.alloc(10).toString('base64')),
    ]);
    const [none, some] = keeper.handle([
      { id: 10, name: 'picture', given: { id: 'a' } },
      { id: 11, name: 'picture', given: { id: 'b' } },
    ]);
    expect(none).toMatchObject({ answer: undefined });
    expect(some).toMatchObject({ answer: Buffer.alloc(10) });
  });
});

describe('a damaged file', () => {
  test('that is no database is put aside, said, and a new one begun', () => {
    writeFileSync(path, 'not a database, '.repeat(1000));
    const keeper = newKeeper();
    expect(keeper.handle([save('a')])).toMatchObject([{ id: 1, answer: undefined }]);
    expect(listed(keeper)).toEqual(['a']);
    expect(asides).toEqual([expect.stringMatching(/alerts\.db: the file is no database/)]);
    const aside = readdirSync(folder).find((name) => name.includes('damaged')) ?? '';
    expect(readFileSync(join(folder, aside), 'utf8')).toMatch(/^not a database/);
  });

  test('is found after an unclean end, before it spreads', () => {
    const first = newKeeper();
    first.handle(Array.from({ length: 200 }, (_, index) => save(`a${index}`)));
    first.handle([{ id: 0, name: 'close', given: {} }]);
    const bytes = readFileSync(path);
    bytes.fill(0xaa, 8192, bytes.length - 4096);
    writeFileSync(path, bytes);
    // Left by a process that was killed.
    writeFileSync(`${path}-wal`, '');
    const keeper = newKeeper();
    expect(listed(keeper)).toEqual([]);
    expect(asides).toHaveLength(1);
  });

  test('that shows itself while the service runs loses nothing that is written then', () => {
    const keeper = newKeeper();
    keeper.handle(Array.from({ length: 300 }, (_, index) => save(`a${index}`, Buffer.alloc(3000).toString('base64'))));
    keeper.handle([{ id: 0, name: 'close', given: {} }]);
    const bytes = readFileSync(path);
    bytes.fill(0xaa, 4096);
    writeFileSync(path, bytes);
    const answers = keeper.handle([save('new'), list()]);
    expect(answers[0]).not.toHaveProperty('fault');
    expect(listed(keeper)).toEqual(['new']);
    expect(asides).toHaveLength(1);
  });

  test('leaves one file aside, however often it happens', () => {
    for (let time = 0; time < 3; time += 1) {
      writeFileSync(path, 'no database '.repeat(100));
      clock.advance(1000);
      const keeper = newKeeper();
      expect(listed(keeper)).toEqual([]);
      keeper.handle([{ id: 0, name: 'close', given: {} }]);
    }
    expect(asides).toHaveLength(3);
    expect(readdirSync(folder).filter((name) => /damaged-[^-]+-[^-]+-[^-]+$/.test(name)).length).toBeLessThanOrEqual(1);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toHaveLength(1);
  });
});

describe('a disk that does not take it', () => {
  test('is said in words, and tried again later by itself', () => {
    // A file where a folder is expected: so it is refused to every user, root too.
    path = join(folder, 'state', 'alerts.db');
    writeFileSync(join(folder, 'state'), '');
    const keeper = newKeeper();
    expect(keeper.handle([save('a')])).toMatchObject([
      {
        fault: {
          code: 'store-unwritable',
          message: expect.stringMatching(/state\/alerts\.db: its path leads through a file/),
        },
      },
    ]);
    rmSync(join(folder, 'state'));
    mkdirSync(join(folder, 'state'));
    expect(listed(keeper)).toBe('store-unwritable');
    clock.advance(2000);
    expect(listed(keeper)).toEqual([]);
  });

  // SQLite itself finds no room: the file may be twice as large as what is kept in it.
  test('because it is full: the oldest make room for the newest', () => {
    const keeper = newKeeper({ maxBytes: 1_500_000 });
    const picture = Buffer.alloc(10_000, 1).toString('base64');
    for (let index = 0; index < 200; index += 1) keeper.handle([save(`a${index}`, picture)]);
    const many = Array.from({ length: 200 }, (_, index) => save(`new${index}`, picture));
    expect(keeper.handle(many).filter((answer) => 'fault' in answer)).toEqual([]);
    expect(listed(keeper)).toContain('new199');
    expect(listed(keeper)).not.toContain('a199');
  });

  test('because it is full, with nothing that could go: says so, and takes what fits', () => {
    const keeper = newKeeper({ maxBytes: 60_000 });
    expect(keeper.handle([save('a', Buffer.alloc(200_000, 1).toString('base64'))])).toMatchObject([
      { fault: { code: 'disk-full', message: expect.stringMatching(/there is no room left on its disk/) } },
    ]);
    expect(listed(keeper)).toEqual([]);
    expect(keeper.handle([save('b', Buffer.alloc(10, 1).toString('base64'))])).toMatchObject([{ answer: undefined }]);
    expect(listed(keeper)).toEqual(['b']);
  });
});

test('a file of a newer version is left alone', () => {
  const newer = new Database(path);
  newer.pragma('user_version = 99');
  newer.close();
  expect(listed(newKeeper())).toBe('store-newer');
  expect(asides).toEqual([]);
  expect(existsSync(path)).toBe(true);
});
