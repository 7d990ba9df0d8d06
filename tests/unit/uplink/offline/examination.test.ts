/** What is broken in an outbox's file is found, each piece of it, and nothing else. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Examination, type Finding } from '../../../../src/uplink/offline/examination.ts';
import { OutboxReading } from '../../../../src/uplink/offline/outbox-reading.ts';
import { tamper, turnBits, writeOutbox } from '../../../support/outbox-file.ts';
import { pictureRecord, resultRecord } from '../../../support/outbox-records.ts';

let folder: string;
let path: string;
let seqs: number[];

const refusal = { code: 'MSG_SIZE_TOO_LARGE', message: 'too large' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-examination-'));
  path = join(folder, 'outbox.db');
  const records = ['a', 'b', 'c', 'd'].map((id) => resultRecord(id, 300, id === 'b' ? 'high' : 'normal'));
  seqs = writeOutbox(path, [...records, pictureRecord('e', 40_000)], [{ seq: 4, ...refusal }]);
});
afterEach(() => rmSync(folder, { recursive: true }));

function examine(isQuick = false): { readonly findings: Finding[]; readonly read: Examination['read'] } {
  const reading = new OutboxReading(path);
  const examination = new Examination(reading);
  const findings = [...examination.findings(isQuick)];
  reading.close();
  return { findings, read: examination.read };
}

test('nothing in a file that is as it was written', () => {
  const { findings, read } = examine();
  expect(findings).toEqual([]);
  expect(read).toMatchObject({ records: 4, deadLetters: 1 });
  expect(read.bytes).toBeGreaterThan(41_000);
  expect(examine(true)).toEqual({ findings: [], read: { records: 0, deadLetters: 0, bytes: 0 } });
});

test('records whose checksum is wrong, by their seq; one turned bit is told from more', () => {
  turnBits(path, 2, 500);
  turnBits(path, 4, 500, 501);
  turnBits(path, 5, 100_000);
  expect(examine().findings).toEqual([
    { where: 'queue', seq: 2, what: 'its checksum is wrong: one bit has turned' },
    { where: 'queue', seq: 5, what: 'its checksum is wrong: one bit has turned' },
    { where: 'dead', seq: 4, what: 'its checksum is wrong' },
  ]);
  expect(examine(true).findings).toEqual([]);
});

test('a record that is missing, or another one in its place', () => {
  tamper(path, 'DELETE FROM frames WHERE seq = 1');
  tamper(path, 'UPDATE frames SET frame = (SELECT frame FROM frames WHERE seq = 5) WHERE seq = 3');
  const { findings } = examine();
  expect(findings.map(({ where, seq }) => [where, seq])).toEqual([
    ['totals', undefined],
    ['queue', 1],
    ['queue', 3],
  ]);
  expect(findings.map(({ what }) => what)).toEqual([
    expect.stringContaining('expected 4, '),
    expect.stringContaining('record 1 is missing'),
    expect.stringContaining('record 3 is missing'),
  ]);
});

test('rows that say something else than their records', () => {
  tamper(path, 'UPDATE normal SET stored_at_ms = 7 WHERE seq = 1');
  tamper(path, "UPDATE dead SET topic = 'assessment-tasks' WHERE seq = 4");
  expect(examine().findings).toEqual([
    { where: 'queue', seq: 1, what: expect.stringMatching(/^its row says \d+, true, 7, normal, the record itself /) },
    { where: 'dead', seq: 4, what: expect.stringContaining('assessment-tasks, the record itself ') },
  ]);
});

test('totals that cannot be read', () => {
  tamper(path, "UPDATE state SET totals = x'00'");
  expect(examine().findings).toEqual([{ where: 'totals', what: expect.stringContaining('its totals cannot be read') }]);
});

test("SQLite's own structures, while all records that can still be found are looked at", () => {
  // The page that holds the small rows of normal urgency: its number of cells.
  const file = readFileSync(path);
  const pageBytes = 16_384;
  const leaf = 13;
  const page = Array.from({ length: file.length / pageBytes }, (_, index) => index).find(
    (index) => index > 0 && file[index * pageBytes] === leaf && file.readUInt16BE(index * pageBytes + 3) === 3,
  );
  if (page === undefined) throw new Error('expected a page with three rows');
  const handle = openSync(path, 'r+');
  writeSync(handle, Buffer.from([0xff, 0xff]), 0, 2, page * pageBytes + 3);
  closeSync(handle);
  const { findings, read } = examine();
  expect(findings.map(({ where }) => where)).toEqual(expect.arrayContaining(['structure', 'totals', 'queue']));
  expect(findings.find(({ where }) => where === 'queue')?.what).toMatch(/^the list cannot be read behind seq 0: /);
  expect(read).toMatchObject({ records: 1, deadLetters: 1 });
  expect(seqs).toHaveLength(5);
});
