/** One writer at a time, also among processes: the service and `roadwatch cameras` change the same file. */
import { rmSync, statSync } from 'node:fs';
import { errorCode, RoadwatchError } from '../../errors.ts';
import { claimPidFile, type PidRecord, readPidFile, removePidFile } from '../../services/pid-file.ts';
import { lookAtProcess } from '../../services/process-view.ts';
import type { Clock } from '../../time/clock.ts';

const retryMs = 20;
const patienceMs = 5000;
/** One that cannot be read is another user's, and nobody holds one for so long. */
const staleAfterMs = 30_000;

/**
 * Runs `work` while nobody else has the lock. One whose holder has died is taken over. Throws RoadwatchError `store-busy`
 * where another process does not let go of it.
 */
export async function withLock<Result>(path: string, clock: Clock, work: () => Promise<Result>): Promise<Result> {
  const own = ownRecord();
  await claim(path, own, clock);
  try {
    return await work();
  } finally {
    removePidFile(path, own);
  }
}

async function claim(path: string, own: PidRecord, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + patienceMs;
  while (!claimPidFile(path, own)) {
    const holder = holderOf(path);
    if (holder !== undefined && holder !== 'unknown' && !isAlive(holder)) {
      removePidFile(path, holder);
      continue;
    }
    if (holder === 'unknown' && isOlderThan(path, staleAfterMs, clock)) {
      rmSync(path, { force: true });
      continue;
    }
    if (clock.monotonicMs() >= untilMs) {
      const who = holder === undefined || holder === 'unknown' ? 'another process' : `process ${holder.pid}`;
      throw new RoadwatchError('store-busy', `${who} holds ${path}`);
    }
    await new Promise<void>((resolve) => clock.after(retryMs, resolve));
  }
}

/** Nothing: it has just been let go. */
function holderOf(path: string): PidRecord | 'unknown' | undefined {
  try {
    return readPidFile(path);
  } catch (error) {
    if (errorCode(error) === 'EACCES') return 'unknown';
    throw error;
  }
}

function isOlderThan(path: string, ms: number, clock: Clock): boolean {
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && clock.nowMs() - made > ms;
}

function ownRecord(): PidRecord {
  const { pid } = process;
  const view = lookAtProcess(pid);
  return { pid, ...(view.alive && view.startMark !== undefined ? { startMark: view.startMark } : {}) };
}

function isAlive({ pid, startMark }: PidRecord): boolean {
  const view = pid > 0 ? lookAtProcess(pid) : { alive: false as const };
  if (!view.alive) return false;
  return startMark === undefined || view.startMark === undefined || view.startMark === startMark;
}
