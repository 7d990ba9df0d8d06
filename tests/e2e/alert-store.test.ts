/** The alert history as it runs: in its worker, on a disk, and killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WorkerAlertStore } from '../../src/alert/store/worker-alert-store.ts';
import { realClock } from '../../src/time/clock.ts';
import { alert } from '../support/alerts.ts';

const writer = fileURLToPath(new URL('alerts/writer.js', import.meta.url));
const workerFile = new URL('../../dist/alert/store/worker.js', import.meta.url);
const kills = 100;
/** Writers that are killed side by side, each with a file of its own. */
const lanes = 2;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-alert-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('in its worker', () => {
  let troubles: string[];
  const start = () =>
    WorkerAlertStore.start({
      path: join(folder, 'alerts.db'),
      limits: { maxAgeMs: 1e12, maxBytes: 1e10, maxAlerts: 1e6 },
      clock: realClock,
      onTrouble: (code) => troubles.push(code),
      workerFile,
    });
  beforeEach(() => {
    troubles = [];
  });

  test('alerts and pictures are there for the next one who opens it', async () => {
    const store = await start();
    await Promise.all([
      store.save(alert('a'), Buffer.from('picture').toString('base64')),
      store.save(alert('b', { sinceMs: 1 })),
    ]);
    expect((await store.list({}, 10)).alerts.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(store.stats().alerts).toBe(2);
    await store.close();
    await store.close();
    const next = await start();
    expect(await next.find('a')).toEqual(alert('a'));
    expect(Buffer.from((await next.picture('a')) ?? []).toString()).toBe('picture');
    expect(await next.picture('b')).toBeUndefined();
    await next.close();
    expect(troubles).toEqual([]);
  });

  test('what waits goes into one commit: a thousand alerts at once take a few', async () => {
    const store = await start();
    await store.save(alert('first'));
    const reader = new Database(join(folder, 'alerts.db'), { readonly: true });
    const version = () => Number(reader.pragma('data_version', { simple: true }));
    const before = version();
    await Promise.all(Array.from({ length: 1000 }, (_, index) => store.save(alert(`a${index}`))));
    reader.prepare('SELECT count(*) FROM alerts').get();
    expect(version() - before).toBeLessThan(50);
    reader.close();
    await store.close();
  });
});

interface Shown {
  readonly revision: number;
  readonly pictureBytes: number;
}

/** Starts a writer, kills it while it writes, and notes what it has shown by then. */
async function writeUntilKilled(path: string, afterLines: number, shown: Map<string, Shown>): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr?.on('data', (data) => {
    complaints += data;
  });
  let lines = 0;
  const reading = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  reading.on('line', (line) => {
    lines += 1;
    if (lines === afterLines) child.kill('SIGKILL');
    const [id = '', revision = '', pictureBytes = ''] = line.split(' ');
    // The last line may be cut.
    if (pictureBytes === '') return;
    shown.set(id, { revision: Number(revision), pictureBytes: Number(pictureBytes) });
  });
  await Promise.all([once(child, 'exit'), once(reading, 'close')]);
  return child.signalCode === 'SIGKILL' ? complaints : `${complaints} ended by itself`;
}

/** Alerts that were shown and are not in the file as they were shown. */
function missing(path: string, shown: ReadonlyMap<string, Shown>): string[] {
  const database = new Database(path);
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    const kept = database.prepare<[string], { revision: number; bytes: number | null }>(
      'SELECT revision, length(jpeg) AS bytes FROM alerts LEFT JOIN pictures ON alert_id = id WHERE id = ?',
    );
    return [...shown].flatMap(([id, { revision, pictureBytes }]) => {
      const row = kept.get(id);
      return row !== undefined && row.revision >= revision && (row.bytes ?? 0) === pictureBytes ? [] : id;
    });
  } finally {
    database.close();
  }
}

test(`killed ${kills} times while it writes: no alert that was shown is gone, and every start finds a whole file`, async () => {
  const killLane = async (lane: number) => {
    const path = join(folder, `alerts-${lane}.db`);
    const shown = new Map<string, Shown>();
    const complaints: string[] = [];
    for (let kill = 0; kill < kills / lanes; kill += 1) {
      // From the very first line to the middle of a flood of them.
      complaints.push(await writeUntilKilled(path, 1 + ((kill * 37) % 150), shown));
      // The file is closed cleanly now and then: then its log is not there at the next start.
      if (kill % 5 === 4) expect(missing(path, shown)).toEqual([]);
    }
    expect(complaints.filter((words) => words !== '')).toEqual([]);
    expect(missing(path, shown)).toEqual([]);
    return shown.size;
  };
  const counts = await Promise.all(Array.from({ length: lanes }, (_, lane) => killLane(lane)));
  // Each of a lane's lives has shown something, as the mean goes.
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(kills / lanes);
}, 180_000);
