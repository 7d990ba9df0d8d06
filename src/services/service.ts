/** A service that runs in a process of its own, beyond the end of the one that started it. */
import { join } from 'node:path';
import { type PidRecord, readPidFile } from './pid-file.ts';
import { type LookAtProcess, lookAtProcess } from './process-view.ts';

export interface ServiceFiles {
  /** Names the service: `detector` */
  readonly name: string;
  readonly pidFile: string;
  readonly logFile: string;
}

/** Where a service of this name keeps its files. */
export function serviceFiles(runFolder: string, name: string): ServiceFiles {
  return { name, pidFile: join(runFolder, `${name}.pid`), logFile: join(runFolder, `${name}.log`) };
}

/**
 * - `running`: its process is there.
 * - `stopped`: there is no PID file: it was stopped, or never started.
 * - `ended`: its process is gone, and nobody has stopped it.
 * - `stale`: its process is gone, and another program has its pid now.
 */
export type ServiceState =
  | { readonly state: 'stopped' }
  | {
      readonly state: 'running';
      readonly record: PidRecord /** The process is known by more than its pid. */;
      readonly isCertain: boolean;
    }
  | { readonly state: 'ended'; readonly record: PidRecord }
  | { readonly state: 'stale'; readonly record: PidRecord /** What has the pid now. */; readonly command: string };

/** What has become of a service. */
export function serviceState({ pidFile }: ServiceFiles, look: LookAtProcess = lookAtProcess): ServiceState {
  const record = readPidFile(pidFile);
  if (record === undefined) return { state: 'stopped' };
  if (record.pid === 0) return { state: 'ended', record };
  const view = look(record.pid);
  if (!view.alive) return { state: 'ended', record };
  const isCertain = record.startMark !== undefined && view.startMark !== undefined;
  if (isCertain && view.startMark !== record.startMark) {
    return { state: 'stale', record, command: view.command ?? 'another program' };
  }
  return { state: 'running', record, isCertain };
}
