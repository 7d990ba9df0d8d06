import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { errorMessage, RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { claimPidFile, type PidRecord, removePidFile, writePidFile } from './pid-file.ts';
import { lookAtProcess } from './process-view.ts';
import { type ServiceFiles, serviceState } from './service.ts';
import { announcedAddress, lastLogLines, openServiceLog } from './service-log.ts';

/** How often the log of a service that starts is looked at. */
const lookEveryMs = 50;
/** How often it is tried to take the PID file of a process that is gone, while others may do the same. */
const maxClaims = 5;
/** What is shown of the log of a service that ended while it started. */
const shownLines = 5;

export interface ServiceStart {
  readonly files: ServiceFiles;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** How long to wait for it to say where it listens. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/**
 * - `listening`: it runs, and has said where it listens.
 * - `starting`: it runs, and has not yet said so.
 * - `refused`: one of this name runs already, or is being started.
 * - `failed`: it ended while it started, or did not even begin.
 */
export type StartOutcome =
  | { readonly outcome: 'listening'; readonly pid: number; readonly address: string }
  | { readonly outcome: 'starting'; readonly pid: number }
  | { readonly outcome: 'refused'; readonly pid: number }
  | { readonly outcome: 'failed'; readonly reason: string; readonly lastLines: readonly string[] };

/** Starts a service that goes on when this process ends. */
export async function startService(start: ServiceStart): Promise<StartOutcome> {
  const { pidFile } = start.files;
  const claim = claimed(start);
  if (typeof claim === 'number') return { outcome: 'refused', pid: claim };
  const log = openServiceLog(start.files.logFile);
  try {
    const child = launch(start, log.fd);
    const pid = await pidOf(child);
    const record = { ...recordOf(pid), startedAt: new Date(start.clock.nowMs()).toISOString() };
    writePidFile(pidFile, record);
    const came = await waitForStart(start, child, log.offset);
    if (came.outcome === 'listening') writePidFile(pidFile, { ...record, address: came.address });
    if (came.outcome === 'failed') removePidFile(pidFile, record);
    return came;
  } catch (error) {
    removePidFile(pidFile, claim);
    return { outcome: 'failed', reason: errorMessage(error), lastLines: [] };
  } finally {
    closeSync(log.fd);
  }
}

/**
 * Takes the PID file for this process, so that no second start comes between; gives the pid that is in the way where there
 * is one.
 */
function claimed({ files }: ServiceStart): PidRecord | number {
  const ours = recordOf(process.pid);
  for (let attempt = 0; attempt < maxClaims; attempt += 1) {
    if (claimPidFile(files.pidFile, ours)) return ours;
    const before = serviceState(files);
    if (before.state === 'running') return before.record.pid;
    if (before.state !== 'stopped') removePidFile(files.pidFile, before.record);
  }
  throw new RoadwatchError('pid-file-contested', `${files.pidFile}: others keep making and removing it`);
}

function recordOf(pid: number): PidRecord {
  const view = lookAtProcess(pid);
  return { pid, ...(view.alive && view.startMark !== undefined ? { startMark: view.startMark } : {}) };
}

function launch({ command, env }: ServiceStart, logFd: number): ChildProcess {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    detached: true,
    env,
    stdio: ['ignore', logFd, logFd],
    // On Windows a detached process would open a window of its own.
    windowsHide: true,
  });
  child.unref();
  return child;
}

/** Rejects where the program cannot be run at all. */
async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) await once(child, 'spawn');
  return child.pid as number;
}

async function waitForStart(start: ServiceStart, child: ChildProcess, offset: number): Promise<StartOutcome> {
  const { files, clock, waitMs } = start;
  const pid = child.pid as number;
  const untilMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const address = announcedAddress(files.logFile, offset);
    if (child.exitCode !== null || child.signalCode !== null) {
      const how = child.signalCode === null ? `with exit code ${child.exitCode}` : `by ${child.signalCode}`;
      const lastLines = lastLogLines(files.logFile, shownLines, offset);
      return { outcome: 'failed', reason: `ended ${how} while it started`, lastLines };
    }
    if (address !== undefined) return { outcome: 'listening', pid, address };
    if (clock.monotonicMs() >= untilMs) return { outcome: 'starting', pid };
    await new Promise<void>((resolve) => clock.after(lookEveryMs, resolve));
  }
}
