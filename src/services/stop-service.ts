import { errorCode, errorMessage } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { removePidFile } from './pid-file.ts';
import { type ServiceFiles, serviceState } from './service.ts';

/** How often a service that is to end is looked at. */
const lookEveryMs = 50;
/** How long the system may take to end what was killed; longer where it waits for a device. */
const killLimitMs = 5000;

export interface ServiceStop {
  readonly files: ServiceFiles;
  /** How long it may take to end by itself after SIGTERM. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/**
 * - `stopped`: it ended by itself.
 * - `killed`: it did not in time, and had to be killed.
 * - `none`: none ran; a PID file of a process that is gone has been removed.
 * - `failed`: it runs on.
 */
export type StopOutcome =
  | { readonly outcome: 'stopped' | 'killed'; readonly pid: number; readonly tookMs: number }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'failed'; readonly pid: number; readonly reason: string };

/** Ends a service: SIGTERM, and SIGKILL where that does not help in time. */
export async function stopService({ files, waitMs, clock }: ServiceStop): Promise<StopOutcome> {
  const before = serviceState(files);
  if (before.state !== 'running') {
    if (before.state !== 'stopped') removePidFile(files.pidFile, before.record);
    return { outcome: 'none' };
  }
  const { record } = before;
  const startedMs = clock.monotonicMs();
  try {
    const ended = await signalAndWait('SIGTERM', files, waitMs, clock);
    if (!ended && !(await signalAndWait('SIGKILL', files, killLimitMs, clock))) {
      return { outcome: 'failed', pid: record.pid, reason: `did not end within ${killLimitMs} ms of SIGKILL` };
    }
    removePidFile(files.pidFile, record);
    return { outcome: ended ? 'stopped' : 'killed', pid: record.pid, tookMs: clock.monotonicMs() - startedMs };
  } catch (error) {
    return { outcome: 'failed', pid: record.pid, reason: errorMessage(error) };
  }
}

/** Whether the service has ended `limitMs` after the signal, at the latest. Never signals another program. */
async function signalAndWait(
  signal: NodeJS.Signals,
  files: ServiceFiles,
  limitMs: number,
  clock: Clock,
): Promise<boolean> {
  const untilMs = clock.monotonicMs() + limitMs;
  if (!signalService(signal, files)) return true;
  while (serviceState(files).state === 'running') {
    if (clock.monotonicMs() >= untilMs) return false;
    await new Promise<void>((resolve) => clock.after(lookEveryMs, resolve));
  }
  return true;
}

/** False where it has ended meanwhile. */
function signalService(signal: NodeJS.Signals, files: ServiceFiles): boolean {
  const now = serviceState(files);
  if (now.state !== 'running') return false;
  try {
    process.kill(now.record.pid, signal);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}
