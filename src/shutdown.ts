import { errorMessage } from './errors.ts';
import type { Log } from './log.ts';
import type { Clock } from './time/clock.ts';
import { withinLimit } from './time/within-limit.ts';

/** One part that is to be closed. */
export interface ShutdownStep {
  readonly name: string;
  readonly close: () => Promise<void> | void;
  /** How long it may take at least; what is not closed in its time is left behind, and said. */
  readonly limitMs: number;
}

/**
 * Closes parts one after the other, all within `limitMs`: what those before have left of their time is a part's own, too, as
 * long as those behind it keep theirs. Neither one that fails nor one that hangs keeps the next from being closed. Gives the
 * names of those that were left behind: something of them still runs.
 */
export async function shutDown(
  steps: readonly ShutdownStep[],
  limitMs: number,
  log: Log,
  clock: Clock,
): Promise<readonly string[]> {
  const left: string[] = [];
  const endMs = clock.monotonicMs() + limitMs;
  for (const [index, step] of steps.entries()) {
    const owedMs = steps.slice(index + 1).reduce((sum, later) => sum + later.limitMs, 0);
    const stepMs = Math.max(step.limitMs, Math.floor(endMs - owedMs - clock.monotonicMs()));
    try {
      if (await isClosedInTime(step, stepMs, clock)) continue;
      left.push(step.name);
      log.error({ part: step.name }, `${step.name} did not close: it takes longer than ${stepMs} ms`);
    } catch (error) {
      log.error({ part: step.name }, `${step.name} did not close: ${errorMessage(error)}`);
    }
  }
  return left;
}

async function isClosedInTime({ close }: ShutdownStep, limitMs: number, clock: Clock): Promise<boolean> {
  const closed = Promise.resolve(close()).then(() => true);
  return (await withinLimit(closed, limitMs, clock)) ?? false;
}
