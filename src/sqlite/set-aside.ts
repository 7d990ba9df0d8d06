import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileStamp } from '../time/file-stamp.ts';

/** SQLite's write-ahead log and its index beside a database. */
const companions = ['-wal', '-shm'] as const;

/**
 * Moves a damaged database out of the way, with its log, for whoever wants to recover something from it (`sqlite3 FILE
 * .recover`). Only the newest is kept. The result is its new path.
 */
export function setAside(path: string, nowMs: number): string {
  const marker = `${basename(path)}.damaged-`;
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(marker)) rmSync(join(dirname(path), name), { force: true });
  }
  const target = join(dirname(path), `${marker}${fileStamp(nowMs)}`);
  renameSync(path, target);
  for (const end of companions) {
    if (existsSync(path + end)) renameSync(path + end, target + end);
  }
  return target;
}

/** Whether the file was left open: a process that closes it leaves no log behind. */
export function wasLeftOpen(path: string): boolean {
  return existsSync(`${path}-wal`);
}
