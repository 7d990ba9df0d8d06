import { errorMessage } from './errors.ts';
import type { Log } from './log.ts';
import type { Clock } from './time/clock.ts';
import { withinLimit } from './time/within-limit.ts';

/** One part that is to be closed. */
export interface ShutdownStep {
  readonly name: string;
  readonly close: () => Promise<void> | void;
  /** How long it may take; what is not closed by then is left behind, and said. */
  readonly limitMs: number;
}

/**
 * Closes parts one after the other. Neither one that fails nor one that hangs keeps the next from being closed. Gives the
 * names of those that were left behind: something of them still runs.
 */
export async function shutDown(steps: readonly ShutdownStep[], log: Log, clock: Clock): Promise<readonly string[]> {
  const left: string[] = [];
  for (const step of steps) {
    try {
      if (await isClosedInTime(step, clock)) continue;
      left.push(step.name);
      log.error({ part: step.name }, `${step.name} did not close: it takes longer than ${step.limitMs} ms`);
    } catch (error) {
      log.error({ part: step.name }, `${step.name} did not close: ${errorMessage(error)}`);
    }
  }
  return left;
}

async function isClosedInTime({ close, limitMs }: ShutdownStep, clock: Clock): Promise<boolean> {
  const closed = Promise.resolve(close()).then(() => true);
  return (await withinLimit(closed, limitMs, clock)) ?? false;
}
