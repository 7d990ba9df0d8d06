/** Which processes have files of a folder open. */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';

export interface ProcessOfFolder {
  readonly pid: number;
  /** What it is called, as in `ps`. */
  readonly name: string;
}

/** All but this one, as far as the system lets us see them: of other users only root does. */
export function usersOfFolder(folder: string): ProcessOfFolder[] {
  const inside = `${realpathSync(folder)}${sep}`;
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && hasOpen(pid, inside))
    .map((pid) => ({ pid, name: nameOf(pid) }));
}

function hasOpen(pid: number, inside: string): boolean {
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return false;
  }
  return descriptors.some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(inside);
    } catch {
      // It was closed meanwhile.
      return false;
    }
  });
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
