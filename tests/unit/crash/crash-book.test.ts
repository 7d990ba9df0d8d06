import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CrashBook } from '../../../src/crash/crash-book.ts';

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);

let folder: string;
let path: string;
let trouble: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-crashes-'));
  path = join(folder, 'state', 'crashes.json');
  trouble = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(version = '1.0.0'): CrashBook {
  return new CrashBook({ path, version, onTrouble: (message) => void trouble.push(message) });
}

/** A process a time: each reads what the one before has left. */
function crash(cameraIds: readonly string[], atMs: number): void {
  open().count(cameraIds, atMs);
}

describe('a camera', () => {
  it('is set aside by its third crash within a day, whatever others do', () => {
    crash(['gate', 'door'], startMs);
    crash(['gate'], startMs + hourMs);
    expect(open().verdict('gate', 'a')).toBeUndefined();
    expect(open().count(['gate'], startMs + 2 * hourMs)).toEqual(new Map([['gate', 3]]));
    expect(open().verdict('gate', 'a')).toEqual({ sinceMs: startMs + 2 * hourMs, crashes: 3 });
    expect(open().verdict('door', 'a')).toBeUndefined();
    expect(open().verdict('yard', 'a')).toBeUndefined();
  });

  it('is not where the crashes are days apart', () => {
    for (let day = 0; day < 10; day += 1) crash(['gate'], startMs + day * 12 * hourMs);
    expect(open().verdict('gate', 'a')).toBeUndefined();
  });

  it('is although the clock was set back meanwhile', () => {
    for (const atMs of [startMs, startMs - 400 * hourMs, startMs - 399 * hourMs]) crash(['gate'], atMs);
    expect(open().verdict('gate', 'a')).toMatchObject({ crashes: 3 });
  });

  it('gets another chance when it is decoded otherwise, and is counted from the start then', () => {
    for (let times = 0; times < 3; times += 1) crash(['gate'], startMs + times);
    expect(open().verdict('gate', 'a')).toBeDefined();
    expect(open().verdict('gate', 'b')).toBeUndefined();
    expect(open().verdict('gate', 'a')).toBeUndefined();
    expect(open().count(['gate'], startMs + 9)).toEqual(new Map([['gate', 1]]));
  });

  it('gets another chance with another version, or when it is forgiven', () => {
    for (let times = 0; times < 3; times += 1) crash(['gate', 'door'], startMs + times);
    open().forgive('gate');
    expect(open().verdict('gate', 'a')).toBeUndefined();
    expect(open().verdict('door', 'a')).toBeDefined();
    expect(open('1.0.1').verdict('door', 'a')).toBeUndefined();
  });
});

describe('its file', () => {
  it('is for the service alone, and begun anew, with words, where it is damaged', () => {
    crash(['gate'], startMs);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      version: '1.0.0',
      cameras: { gate: { crashesMs: [startMs] } },
    });
    for (const text of ['{', '{"version":"1.0.0","cameras":{"gate":{"crashesMs":["x"]}}}']) {
      writeFileSync(path, text);
      expect(open().count(['gate'], startMs)).toEqual(new Map([['gate', 1]]));
    }
    expect(trouble).toEqual([
      expect.stringMatching(/crashes\.json cannot be read, and is begun anew: .*JSON/),
      expect.stringMatching(/it is not of the expected form$/),
    ]);
  });

  it('need not be there, and where it cannot be written that is said, and no error', () => {
    expect(open().verdict('gate', 'a')).toBeUndefined();
    expect(trouble).toEqual([]);
    path = join('/proc', 'crashes.json');
    const book = open();
    expect(book.count(['gate'], startMs)).toEqual(new Map([['gate', 1]]));
    expect(trouble).toEqual([expect.stringContaining('/proc/crashes.json cannot be written: ')]);
  });
});
