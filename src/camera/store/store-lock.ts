/** One writer at a time, also among processes: the service and `roadwatch cameras` change the same file. */
import { RoadwatchError } from '../../errors.ts';
import { claimPidFile, type PidRecord, readPidFile, removePidFile } from '../../services/pid-file.ts';
import { lookAtProcess } from '../../services/process-view.ts';
import type { Clock } from '../../time/clock.ts';

const retryMs = 20;
const patienceMs = 5000;

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
    const holder = readPidFile(path);
    if (holder !== undefined && !isAlive(holder)) {
      removePidFile(path, holder);
      continue;
    }
    if (clock.monotonicMs() >= untilMs) {
      throw new RoadwatchError('store-busy', `process ${holder?.pid ?? 0} holds ${path}`);
    }
    await new Promise<void>((resolve) => clock.after(retryMs, resolve));
  }
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
