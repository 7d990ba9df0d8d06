/** What the system tells of a process that somebody else may have started. */
import { readFileSync } from 'node:fs';
import { errorCode } from '../errors.ts';

export type ProcessView =
  | { readonly alive: false }
  | {
      readonly alive: true;
      /** Differs for two processes that have had the same pid; unknown where the system has no /proc. */
      readonly startMark?: string;
      /** What it runs, as far as it can be seen. */
      readonly command?: string;
    };

export type LookAtProcess = (pid: number) => ProcessView;

/** Position of `starttime` after the name in /proc/PID/stat (proc(5): field 22, the name is field 2). */
const startTimeIndex = 22 - 3;
/** Ended, and not yet taken note of by its parent; or on its way there. */
const endedStates: ReadonlySet<string> = new Set(['Z', 'X', 'x']);

/** Looks at the process of this pid. On Linux by /proc, elsewhere whether there is one at all. */
export function lookAtProcess(pid: number): ProcessView {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return { alive: hasProcess(pid) };
  // The name stands in parentheses and may hold any character, these and blanks included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (endedStates.has(fields[0] ?? '')) return { alive: false };
  const bootId = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  const command = readText(`/proc/${pid}/cmdline`)?.split('\0').filter(Boolean).join(' ');
  return {
    alive: true,
    startMark: `${bootId}/${fields[startTimeIndex] ?? ''}`,
    ...(command ? { command } : {}),
  };
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, and it is not ours.
    return errorCode(error) === 'EPERM';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
