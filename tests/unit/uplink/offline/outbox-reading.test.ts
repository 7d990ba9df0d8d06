/** An outbox's file is looked at without being changed, and not while somebody has it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holderOf } from '../../../../src/uplink/offline/file-holder.ts';
import { OutboxReading } from '../../../../src/uplink/offline/outbox-reading.ts';
import { copyAsLeft, OutboxWriter, tamper, writeOutbox } from '../../../support/outbox-file.ts';
import { resultRecord } from '../../../support/outbox-records.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-reading-'));
  path = join(folder, 'outbox.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** By name, what is in each file of the folder. */
function contents(): Record<string, string> {
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, digest(name)]));
}

function records(): number {
  const reading = new OutboxReading(path);
  try {
    return reading.tables.sums('normal').records;
  } finally {
    reading.close();
  }
}

test('a closed file is as it was, with nothing beside it', () => {
  writeOutbox(path, [resultRecord('a'), resultRecord('b')]);
  const before = contents();
  expect(records()).toBe(2);
  expect(contents()).toEqual(before);
});

test('what a crash has left is read with its log, and both are as they were', () => {
  const running = join(folder, 'running.db');
  const writer = new OutboxWriter(running);
  writer.commit([resultRecord('a')]);
  copyAsLeft(running, path);
  writer.close();
  const before = contents();
  expect(Object.keys(before)).toContain('outbox.db-wal');
  expect(records()).toBe(1);
  expect(contents()).toMatchObject(before);
  // The service takes it over as if nobody had looked.
  const next = new OutboxWriter(path);
  expect(next.queue.map(({ id }) => id)).toEqual(['a']);
  expect(next.troubles).toEqual([]);
  next.close();
});

test('nothing can be written', () => {
  const [seq = 0] = writeOutbox(path, [resultRecord('a')]);
  const reading = new OutboxReading(path);
  expect(() => reading.tables.remove(seq)).toThrow(/readonly/);
  reading.close();
});

test('while a service has it, it is not read: the error says who that is', () => {
  const writer = new OutboxWriter(path);
  expect(holderOf(path)?.pid).toBe(process.pid);
  expect(() => new OutboxReading(path)).toThrow(`outbox ${path}: process ${process.pid} has it (`);
  writer.close();
  expect(holderOf(path)).toBeUndefined();
  expect(records()).toBe(0);
});

test('while it is read, no service has it', () => {
  writeOutbox(path, []);
  const reading = new OutboxReading(path);
  expect(() => new OutboxWriter(path)).toThrow(/another program holds it/);
  reading.close();
  new OutboxWriter(path).close();
});

test('without /proc/locks nobody is named', () => {
  const writer = new OutboxWriter(path);
  expect(holderOf(path, join(folder, 'none'))).toBeUndefined();
  writer.close();
});

describe('what cannot be read at all is an error that says what it is', () => {
  test('no file: it is not made', () => {
    expect(() => new OutboxReading(path)).toThrow(`outbox ${path}: there is no such file`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('no database', () => {
    writeFileSync(path, 'certainly not a database, however long one may look at it');
    expect(() => new OutboxReading(path)).toThrow(`outbox ${path}: the file is no database`);
  });

  test('an empty file', () => {
    writeFileSync(path, '');
    expect(() => new OutboxReading(path)).toThrow(/its tables are not those of form 1/);
  });

  test("another program's database, and a newer version's", () => {
    writeOutbox(path, []);
    tamper(path, 'CREATE TABLE more (id INTEGER)');
    expect(() => new OutboxReading(path)).toThrow(/its tables are not those of form 1/);
    tamper(path, 'PRAGMA user_version = 2');
    expect(() => new OutboxReading(path)).toThrow(/expected form 1 or earlier, found 2: a newer Roadwatch made it/);
  });
});

test('totals that are damaged do not keep the records from being read', () => {
  writeOutbox(path, [resultRecord('a')]);
  tamper(path, "UPDATE state SET totals = x'00'");
  const reading = new OutboxReading(path);
  expect(reading.totalsFault?.message).toContain('its totals cannot be read');
  expect(reading.tables.sums('normal').records).toBe(1);
  reading.close();
});
