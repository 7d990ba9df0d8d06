import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BoxFiles } from '../../../src/backup/contents.ts';
import { makeBackup } from '../../../src/backup/make-backup.ts';
import { restoreBackup } from '../../../src/backup/restore-backup.ts';
import { usersOfFolder } from '../../../src/backup/users-of-folder.ts';

const nowMs = Date.UTC(2026, 4, 6, 7, 8, 9, 10);

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-backup-'));
  out = join(folder, 'backup.tar.gz');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A box with these files in its state folder. */
function box(name: string, files: Readonly<Record<string, string>> = {}): BoxFiles {
  const stateFolder = join(folder, name, 'state');
  mkdirSync(stateFolder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(stateFolder, file, '..'), { recursive: true });
    writeFileSync(join(stateFolder, file), text);
  }
  const configFile = join(folder, name, 'roadwatch.yaml');
  writeFileSync(configFile, `# ${name}\n`);
  const keysFile = join(folder, name, 'keys.yaml');
  return {
    stateFolder,
    stores: [join(stateFolder, 'alerts.db')],
    config: { 'roadwatch.yaml': configFile, 'api_keys.yaml': keysFile },
  };
}

/** An open store with one row for each word; the last ones are in its log alone. */
function store(path: string, words: readonly string[]): Database.Database {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('wal_autocheckpoint = 0');
  database.exec('CREATE TABLE words (word TEXT)');
  for (const word of words) database.prepare('INSERT INTO words VALUES (?)').run(word);
  return database;
}

function wordsIn(path: string): unknown[] {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare('SELECT word FROM words').pluck().all();
  } finally {
    database.close();
  }
}

function backUp(from: BoxFiles, options: { withSecrets?: boolean; version?: string } = {}) {
  return makeBackup({ box: from, out, version: '1.2.3', withSecrets: false, nowMs, ...options });
}

function restoreTo(to: BoxFiles, version = '1.2.3') {
  return restoreBackup({ file: out, boxOf: () => to, stateFolder: to.stateFolder, version, nowMs });
}

/** Takes the backup apart, lets it be changed, and packs it again. */
function tamper(change: (unpacked: string) => void): void {
  const unpacked = mkdtempSync(join(folder, 'tampered-'));
  execFileSync('tar', ['-xzf', out, '-C', unpacked]);
  change(unpacked);
  execFileSync('tar', ['-czf', out, '-C', unpacked, '.']);
}

describe('a backup', () => {
  it('holds a store as it is although it is open, and without secrets nothing that has any', async () => {
    const from = box('from', {
      'llm-tokens.json': '{}',
      'cameras.json': 'rtsp://user:secret@192.0.2.1/',
      'clips/2026/a.mp4': 'clip',
      'decoding.marks': 'x',
      'alerts.db-reserve': 'x',
      'outbox.db.damaged-2026': 'x',
      'services/detector.log': 'x',
    });
    const database = store(join(from.stateFolder, 'alerts.db'), ['a', 'b']);
    const { manifest } = await backUp(from);
    database.close();
    expect(manifest.withSecrets).toBe(false);
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'state/alerts.db',
      'state/clips/2026/a.mp4',
      'state/llm-tokens.json',
    ]);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    const to = box('to');
    await restoreTo(to);
    expect(wordsIn(join(to.stateFolder, 'alerts.db'))).toEqual(['a', 'b']);
    expect(readFileSync(join(to.stateFolder, 'clips/2026/a.mp4'), 'utf8')).toBe('clip');
    expect(readFileSync(to.config['roadwatch.yaml'] ?? '', 'utf8')).toBe('# to\n');
  });

  it('holds configuration, keys and all that is kept where secrets are asked for', async () => {
    const from = box('from', { 'cameras.json': 'rtsp://user:secret@192.0.2.1/' });
    writeFileSync(from.config['api_keys.yaml'] ?? '', 'keys');
    const { manifest } = await backUp(from, { withSecrets: true });
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'config/api_keys.yaml',
      'config/roadwatch.yaml',
      'state/cameras.json',
    ]);
    const to = box('to');
    await restoreTo(to);
    expect(readFileSync(to.config['roadwatch.yaml'] ?? '', 'utf8')).toBe('# from\n');
    expect(readFileSync(to.config['api_keys.yaml'] ?? '', 'utf8')).toBe('keys');
    expect(statSync(to.config['api_keys.yaml'] ?? '').mode & 0o777).toBe(0o600);
  });

  it('is without a store that a service has for itself, and says so', async () => {
    const from = box('from', { 'tuning.json': '{}' });
    const outbox = store(join(from.stateFolder, 'outbox.db'), ['a']);
    outbox.pragma('locking_mode = EXCLUSIVE');
    outbox.exec("INSERT INTO words VALUES ('b')");
    const { manifest, held } = await backUp(from);
    outbox.close();
    expect([manifest.files.map(({ path }) => path), held]).toEqual([['state/tuning.json'], ['state/outbox.db']]);
  });

  it('is not written over another file, nor of nothing', async () => {
    await expect(backUp(box('empty'))).rejects.toMatchObject({ code: 'nothing-kept' });
    writeFileSync(out, 'precious');
    await expect(backUp(box('from', { 'tuning.json': '{}' }))).rejects.toMatchObject({ code: 'file-exists' });
    expect(readFileSync(out, 'utf8')).toBe('precious');
  });

  it('of a damaged store is refused, in words', async () => {
    const from = box('from', { 'alerts.db': 'no database, but long enough to look like a file of one: '.repeat(100) });
    await expect(backUp(from)).rejects.toMatchObject({
      code: 'store-damaged',
      message: expect.stringContaining('no database'),
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('a restore', () => {
  it('keeps what it replaces, log and all, of the newest restore alone', async () => {
    const from = box('from');
    store(join(from.stateFolder, 'alerts.db'), ['new']).close();
    await backUp(from);
    const to = box('to', { 'alerts.db-wal': 'log', 'before-restore-2020/old': 'x', 'cameras.json': 'kept' });
    writeFileSync(join(to.stateFolder, 'alerts.db'), 'old');
    const { aside = '' } = await restoreTo(to);
    expect(aside).toBe(join(to.stateFolder, 'before-restore-2026-05-06T07-08-09-010Z'));
    expect(readdirSync(aside).sort()).toEqual(['alerts.db', 'alerts.db-wal']);
    expect(readdirSync(to.stateFolder).sort()).toEqual([
      'alerts.db',
      'before-restore-2026-05-06T07-08-09-010Z',
      'cameras.json',
    ]);
    expect(wordsIn(join(to.stateFolder, 'alerts.db'))).toEqual(['new']);
  });

  it('is refused while a process uses the folder, which is named', async () => {
    const from = box('from', { 'tuning.json': '{}' });
    await backUp(from);
    const to = box('to', { 'held.db': '' });
    const held = openSync(join(to.stateFolder, 'held.db'), 'r');
    const user = execFileSync(process.execPath, [
      '--input-type=module',
      '-e',
      `import { usersOfFolder } from '${join(import.meta.dirname, '../../../dist/backup/users-of-folder.js')}';
       console.log(JSON.stringify(usersOfFolder('${to.stateFolder}')))`,
    ]);
    expect(JSON.parse(String(user))).toContainEqual({ pid: process.pid, name: expect.any(String) });
    expect(usersOfFolder(to.stateFolder)).toEqual([]);
    expect(held).toBeGreaterThan(0);
  });

  it('of a backup that was changed, cut or is none changes nothing', async () => {
    const from = box('from', { 'tuning.json': '{"plan":1}', 'llm-tokens.json': '{}' });
    await backUp(from);
    const whole = readFileSync(out);
    const to = box('to', { 'tuning.json': 'mine' });
    const refusals: [string, () => void, RegExp][] = [
      [
        'another content',
        () => tamper((at) => writeFileSync(join(at, 'state/tuning.json'), '{"plan":2}')),
        /is not as it was written/,
      ],
      ['a file less', () => tamper((at) => rmSync(join(at, 'state/tuning.json'))), /has no bytes, expected 10/],
      ['no manifest', () => tamper((at) => rmSync(join(at, 'manifest.json'))), /manifest\.json/],
      ['a way out', () => tamper((at) => editManifest(at, 'state/tuning.json', 'state/../../x')), /it names/],
      ['another place', () => tamper((at) => editManifest(at, 'state/tuning.json', '/etc/passwd')), /expected form/],
      ['half of it', () => writeFileSync(out, whole.subarray(0, whole.length / 2)), /cannot be unpacked/],
      ['something else', () => writeFileSync(out, 'no archive'), /cannot be unpacked/],
    ];
    for (const [name, damage, words] of refusals) {
      writeFileSync(out, whole);
      damage();
      await expect(restoreTo(to), name).rejects.toMatchObject({
        code: 'backup-damaged',
        message: expect.stringMatching(words),
      });
    }
    expect(readdirSync(to.stateFolder)).toEqual(['tuning.json']);
    expect(readFileSync(join(to.stateFolder, 'tuning.json'), 'utf8')).toBe('mine');
  });

  it('of a later version is refused, of an earlier one it is not', async () => {
    await backUp(box('from', { 'tuning.json': '{}' }), { version: '1.10.0' });
    await expect(restoreTo(box('to'), '1.9.9')).rejects.toMatchObject({ code: 'backup-newer' });
    await expect(restoreTo(box('to'), '1.10.0')).resolves.toMatchObject({ manifest: { version: '1.10.0' } });
    await expect(restoreTo(box('to'), '2.0.0')).resolves.toMatchObject({ manifest: { version: '1.10.0' } });
  });
});

function editManifest(at: string, path: string, to: string): void {
  const file = join(at, 'manifest.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(path, to));
}
