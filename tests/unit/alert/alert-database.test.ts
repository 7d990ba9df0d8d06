import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../../src/alert/alert.ts';
import { matches } from '../../../src/alert/alert-filter.ts';
import { AlertDatabase } from '../../../src/alert/store/alert-database.ts';
import { migrations } from '../../../src/alert/store/migrations.ts';
import { Reserve } from '../../../src/sqlite/reserve.ts';
import { alert } from '../../support/alerts.ts';

let folder: string;
let path: string;
let database: AlertDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-alerts-'));
  path = join(folder, 'state', 'alerts.db');
  database = new AlertDatabase(path);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

function reopen(): void {
  database.close();
  database = new AlertDatabase(path);
}

const everything = alert('full', {
  pictureRevision: 3,
  acknowledgedAtMs: 5,
  verdict: 'false-alarm',
  description: "Robert'); DROP TABLE alerts;-- 行人 \u{1F6B8}",
});
const { source: _s, model: _m, bbox: _b, imageWidth: _w, imageHeight: _h, ...bare } = alert('bare', { level: 'low' });

describe('the history', () => {
  test('gives alerts back as they were, also from a file that is opened anew', () => {
    database.save([{ alert: everything, picture: Buffer.from([0xff, 0xd8, 1]) }, { alert: bare }]);
    reopen();
    expect(database.find('full')).toEqual(everything);
    expect(database.find('bare')).toEqual(bare);
    expect(database.picture('full')).toEqual(Buffer.from([0xff, 0xd8, 1]));
    expect(database.picture('bare')).toBeUndefined();
    expect(database.find('other')).toBeUndefined();
    expect(database.stats()).toMatchObject({ alerts: 2 });
  });

  test('is for the service alone: nobody else may read the file', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    database.save([{ alert: bare }]);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  });

  test('keeps the newest state of an alert, and its picture until another comes', () => {
    database.save([{ alert: alert('a', { revision: 2 }), picture: Buffer.from('one') }]);
    database.save([{ alert: alert('a', { revision: 3, count: 2 }) }]);
    database.save([{ alert: alert('a', { revision: 1, count: 9 }) }]);
    expect(database.find('a')).toMatchObject({ revision: 3, count: 2 });
    expect(database.picture('a')?.toString()).toBe('one');
    database.save([{ alert: alert('a', { revision: 4 }), picture: Buffer.from('two') }]);
    expect(database.picture('a')?.toString()).toBe('two');
    expect(database.stats().alerts).toBe(1);
  });

  test('writes all of a batch or nothing', () => {
    const broken = { alert: alert('b', { level: 'none' as never }) };
    expect(() => database.save([{ alert: bare }, broken])).toThrow(/CHECK/);
    expect(database.find('bare')).toBeUndefined();
    expect(database.stats().alerts).toBe(0);
  });

  test('shows a row whose lists a disk has changed', () => {
    database.save([{ alert: bare }]);
    const other = new Database(path);
    other.exec(`UPDATE alerts SET risk_types = '[brok', bbox = '[1,'`);
    other.close();
    expect(database.list({}, 10).alerts).toMatchObject([{ id: 'bare', riskTypes: [] }]);
  });
});

describe('the list', () => {
  const made: Alert[] = [
    alert('a', { sinceMs: 1000, lastSeenMs: 5000, level: 'high', cameraId: '7' }),
    alert('b', {
      sinceMs: 2000,
      lastSeenMs: 2000,
      level: 'medium',
      cameraId: 'gate',
      acknowledgedAtMs: 9,
      verdict: 'seen',
    }),
    alert('c', { sinceMs: 3000, lastSeenMs: 3000, level: 'low', description: '100% of _ and \\', riskTypes: ['逆行'] }),
    alert('d', { sinceMs: 3000, lastSeenMs: 4000, level: 'high', cameraId: 'gate' }),
  ];
  beforeEach(() => database.save(made.map((one) => ({ alert: one }))));

  test.each([
    [{}, 'd c b a'],
    [{ cameraId: 'gate' }, 'd b'],
    [{ levels: ['low', 'medium'] }, 'c b'],
    [{ sinceMs: 4000 }, 'd a'],
    [{ untilMs: 2000 }, 'b a'],
    [{ acknowledged: true }, 'b'],
    [{ acknowledged: false }, 'd c a'],
    [{ text: 'CAR COMES' }, 'd b a'],
    [{ text: '100%' }, 'c'],
    [{ text: '_ and \\' }, 'c'],
    [{ text: '%' }, 'c'],
    [{ text: '逆' }, 'c'],
    [{ text: 'gat' }, 'd b'],
    [{ cameraId: 'gate', levels: ['high'], acknowledged: false, sinceMs: 1, untilMs: 9000, text: 'person' }, 'd'],
    [{ text: "' OR 1=1 --" }, ''],
  ] as const)('for %j', (filter, expected) => {
    const found = database.list(filter, 10).alerts;
    expect(found.map(({ id }) => id).join(' ')).toBe(expected);
    // Alerts that are not in the store are filtered alike.
    expect(made.filter((one) => matches(one, filter)).map(({ id }) => id)).toEqual(found.map(({ id }) => id).sort());
  });

  test('comes in pages that neither repeat nor miss an alert while others are added', () => {
    const seen: string[] = [];
    let page = database.list({}, 1);
    for (let pages = 0; page.alerts.length > 0 && pages < 10; pages += 1) {
      seen.push(...page.alerts.map(({ id }) => id));
      database.save([{ alert: alert(`new-${pages}`, { sinceMs: 10_000 + pages }) }]);
      if (page.next === undefined) break;
      page = database.list({}, 1, page.next);
    }
    expect(seen).toEqual(['d', 'c', 'b', 'a']);
  });
});

test('what was seen lately comes for the next start', () => {
  database.save([{ alert: alert('old', { lastSeenMs: 10 }) }, { alert: alert('new', { lastSeenMs: 20 }) }]);
  expect(database.seenSince(20).map(({ id }) => id)).toEqual(['new']);
});

describe('retention', () => {
  const unlimited = { maxAgeMs: 1e12, maxBytes: 1e12, maxAlerts: 1e9 };
  const picture = Buffer.alloc(20_000, 7);
  const fill = (count: number) =>
    database.save(
      Array.from({ length: count }, (_, index) => ({ alert: alert(`a${index}`, { lastSeenMs: index }), picture })),
    );
  const pruneAll = (limits: typeof unlimited, nowMs = 0) => {
    let removed = 0;
    for (let some = database.prune(limits, nowMs); some > 0; some = database.prune(limits, nowMs)) removed += some;
    return removed;
  };

  test('by age removes what was last seen too long ago, with its picture', () => {
    fill(10);
    expect(pruneAll({ ...unlimited, maxAgeMs: 1000 }, 1004)).toBe(4);
    expect(database.find('a3')).toBeUndefined();
    expect(database.picture('a3')).toBeUndefined();
    expect(database.find('a4')).toBeDefined();
    expect(database.stats().alerts).toBe(6);
  });

  test('by size removes the oldest until there is some room, and the file shrinks', () => {
    fill(300);
    const before = database.stats().sizeBytes;
    const maxBytes = Math.round(before / 3);
    expect(pruneAll({ ...unlimited, maxBytes })).toBeGreaterThan(150);
    const { sizeBytes, alerts } = database.stats();
    expect(sizeBytes).toBeLessThanOrEqual(maxBytes);
    expect(sizeBytes).toBeGreaterThan(maxBytes * 0.7);
    expect(database.find('a299')).toBeDefined();
    expect(database.find('a0')).toBeUndefined();
    expect(database.list({}, 500).alerts).toHaveLength(alerts);
    database.close();
    expect(statSync(path).size).toBeLessThan(before * 0.6);
    database = new AlertDatabase(path);
  });

  test('by number', () => {
    fill(100);
    pruneAll({ ...unlimited, maxAlerts: 50 });
    expect(database.stats().alerts).toBeLessThanOrEqual(50);
    expect(database.stats().alerts).toBeGreaterThan(40);
  });

  test('within the limits removes nothing', () => {
    fill(10);
    expect(database.prune(unlimited, 100)).toBe(0);
  });
});

describe('on a full disk', () => {
  const picture = Buffer.alloc(20_000, 7);
  const saved = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({ alert: alert(`${name}${index}`, { lastSeenMs: index }), picture }));

  test('the file does not grow while it is told not to: what is new takes the room of the oldest', () => {
    database.save(saved('a', 150));
    database.makeRoom();
    database.growth.stop();
    database.close();
    const sizeBytes = statSync(path).size;
    database = new AlertDatabase(path);
    database.growth.stop();
    database.save(saved('b', 90));
    expect(() => database.save(saved('c', 90))).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    expect(database.find('c0')).toBeUndefined();
    database.shrinkLog();
    expect(statSync(path).size).toBe(sizeBytes);
    expect(statSync(`${path}-wal`).size).toBe(0);
    database.growth.allow();
    database.save(saved('c', 90));
    expect(database.find('c89')).toBeDefined();
  });

  test('there is a reserve beside the file, where the disk has room to spare', () => {
    const reserve = new Reserve(path);
    expect(reserve.fill()).toBe(true);
    expect(statSync(`${path}-reserve`).size).toBe(4 * 1_048_576);
    expect(reserve.fill()).toBe(true);
    reserve.release();
    expect(existsSync(`${path}-reserve`)).toBe(false);
    expect(new Reserve(join(folder, 'no such folder', 'x')).fill()).toBe(false);
  });
});

describe('the form of the file', () => {
  test('is brought up step by step, and what is there stays', () => {
    database.save([{ alert: bare }]);
    database.close();
    const steps = [...migrations, 'ALTER TABLE alerts ADD COLUMN note TEXT'];
    database = new AlertDatabase(path, { steps });
    expect(database.find('bare')).toMatchObject(bare);
    const other = new Database(path);
    expect(other.pragma('user_version', { simple: true })).toBe(steps.length);
    other.close();
  });

  test('stays as it was when a step fails', () => {
    database.close();
    expect(() => new AlertDatabase(path, { steps: [...migrations, 'CREATE TABLE half (x); NO SQL'] })).toThrow(
      /syntax/,
    );
    database = new AlertDatabase(path);
    const other = new Database(path);
    expect(other.prepare("SELECT name FROM sqlite_master WHERE name = 'half'").all()).toEqual([]);
    other.close();
  });

  test('that a newer version made is refused and left alone', () => {
    database.close();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();
    const before = readFileSync(path);
    expect(() => new AlertDatabase(path)).toThrow(expect.objectContaining({ code: 'store-newer' }));
    expect(readFileSync(path).equals(before)).toBe(true);
    const older = new Database(path);
    older.pragma(`user_version = ${migrations.length}`);
    older.close();
    database = new AlertDatabase(path);
  });
});

test('damage inside the file is found by the check', () => {
  database.save(Array.from({ length: 200 }, (_, index) => ({ alert: alert(`a${index}`) })));
  reopen();
  expect(() => database.check()).not.toThrow();
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0xaa, 4096, Math.min(bytes.length, 60_000));
  writeFileSync(path, bytes);
  database = new AlertDatabase(':memory:');
  expect(() => {
    const damaged = new AlertDatabase(path);
    try {
      damaged.check();
    } finally {
      damaged.close();
    }
  }).toThrow(expect.objectContaining({ code: expect.stringMatching(/^SQLITE_(CORRUPT|NOTADB)/) }));
  truncateSync(path, 0);
});
