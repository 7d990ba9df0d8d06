/** Which process holds a file of SQLite's. */
import { readFileSync, statSync } from 'node:fs';
import { lookAtProcess } from '../../services/process-view.ts';

export interface FileHolder {
  readonly pid: number;
  /** What it runs, as far as it can be seen. */
  readonly command?: string;
}

/** SQLite's file format: locks are on bytes from here on, where no page is ever read or written. */
const lockBytesStart = 1_073_741_824;
const lockBytesEnd = lockBytesStart + 511;

/** By the kernel's list of locks (proc(5)); undefined where there is none, or the process is not ours to see. */
export function holderOf(path: string, locks = '/proc/locks'): FileHolder | undefined {
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  const pid = lockLines(locks)
    .map(parseLock)
    .find((lock) => lock?.inode === inode)?.pid;
  if (pid === undefined) return undefined;
  const view = lookAtProcess(pid);
  return { pid, ...(view.alive && view.command !== undefined ? { command: view.command } : {}) };
}

function lockLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** As in `1: POSIX  ADVISORY  WRITE 4711 fe:00:9978129 1073741824 1073742335`; pid 0 or less is of another namespace. */
function parseLock(line: string): { readonly pid: number; readonly inode: number } | undefined {
  const [, , , , pid, file, start, end] = line.trim().split(/ +/);
  const isSqlite = Number(start) >= lockBytesStart && Number(end) <= lockBytesEnd;
  return isSqlite && Number(pid) > 0 ? { pid: Number(pid), inode: Number(file?.split(':')[2]) } : undefined;
}
