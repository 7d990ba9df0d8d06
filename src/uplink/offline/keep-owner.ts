import { chownSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Runs `work` on a database, and leaves all files that lie beside it under its name to the user whose the database is: what
 * root has made, the service could not open.
 */
export function keepOwner<Result>(path: string, work: () => Result): Result {
  const { uid, gid } = statSync(path);
  try {
    return work();
  } finally {
    if (process.getuid?.() === 0) giveTo(path, uid, gid);
  }
}

function giveTo(path: string, uid: number, gid: number): void {
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(basename(path))) chownSync(join(dirname(path), name), uid, gid);
  }
}
