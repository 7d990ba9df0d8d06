/** What a box that was killed has on its disk for the broker, read with SQLite alone. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * Request ids of the records that wait. The file is copied first: whoever looks into it must not repair it.
 *
 * @param {string} stateFolder
 */
export function waitingIn(stateFolder) {
  const copies = mkdtempSync(join(tmpdir(), 'roadwatch-bench-copy-'));
  try {
    for (const name of ['outbox.db', 'outbox.db-wal']) {
      const file = join(stateFolder, name);
      if (existsSync(file)) copyFileSync(file, join(copies, name));
    }
    const database = new Database(join(copies, 'outbox.db'));
    const waiting = 'SELECT frame FROM frames WHERE seq IN (SELECT seq FROM normal UNION SELECT seq FROM high)';
    const frames = /** @type {Buffer[]} */ (database.prepare(waiting).pluck().all());
    database.close();
    return frames.map((frame) => /"requestId":"([^"]+)"/.exec(frame.toString('latin1'))?.[1] ?? 'unreadable');
  } finally {
    rmSync(copies, { recursive: true });
  }
}
