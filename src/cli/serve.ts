import type { Log } from '../log.ts';
import { type Clock, realClock } from '../time/clock.ts';
import { withinLimit } from '../time/within-limit.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/** How long a service that is told to stop may still take to start: it cannot be closed before. */
const startLimitMs = 1000;

/** What is started, runs, and is closed. */
export interface Service {
  /** Ends it in a few seconds; gives the names of the parts that did not end. */
  close(): Promise<readonly string[]>;
}

export interface ServeOptions<Running extends Service> {
  readonly start: () => Promise<Running>;
  /** Resolves when it is told to stop, be it still starting. */
  readonly stop: Promise<unknown>;
  /** Called once it runs: resolves when it is to end, at the latest with `stop`; with `stop` alone unless given. */
  readonly until?: () => Promise<unknown>;
  /** Called before it is closed, if it ran. */
  readonly onEnd?: () => void;
  readonly log: Log;
  /** Ends the process although something still runs in it: `endProcess()`. */
  readonly endProcess: (code: ExitCode) => Promise<never>;
  readonly clock?: Clock;
}

/**
 * Runs a service from its start to its end. What does not end when it is closed, or does not even start when it is told to
 * stop, ends with the process: nothing that hangs keeps it alive.
 */
export async function serve<Running extends Service>(options: ServeOptions<Running>): Promise<ExitCode> {
  const { stop, until = () => stop, onEnd, log, endProcess, clock = realClock } = options;
  const starting = options.start();
  const begun = await Promise.race([starting, stop.then(() => undefined)]);
  if (begun === undefined) log.info('told to stop while still starting');
  else await until();
  const running = begun ?? (await withinLimit(starting, startLimitMs, clock));
  if (running === undefined) {
    log.error(`the start did not come to an end within ${startLimitMs} ms: ending by force`);
    return endProcess(exitCodes.ok);
  }
  if (begun !== undefined) onEnd?.();
  const left = await running.close();
  if (left.length === 0) return exitCodes.ok;
  log.error({ left }, `did not end in time: ${left.join(', ')}; ending by force`);
  return endProcess(exitCodes.failure);
}
