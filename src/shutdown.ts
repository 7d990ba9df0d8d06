import { errorMessage } from './errors.ts';
import type { Log } from './log.ts';
import type { Clock } from './time/clock.ts';

/** One part that is to be closed. */
export interface ShutdownStep {
  readonly name: string;
  readonly close: () => Promise<void> | void;
  /** How long it may take; what is not closed by then is left behind, and said. */
  readonly limitMs: number;
}

/** Closes parts one after the other. Neither one that fails nor one that hangs keeps the next from being closed. */
export async function shutDown(steps: readonly ShutdownStep[], log: Log, clock: Clock): Promise<void> {
  for (const step of steps) {
    try {
      await withinLimit(step, clock);
    } catch (error) {
      log.error({ part: step.name }, `${step.name} did not close: ${errorMessage(error)}`);
    }
  }
}

async function withinLimit({ close, limitMs }: ShutdownStep, clock: Clock): Promise<void> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(limitMs, () => reject(new Error(`it takes longer than ${limitMs} ms`)));
  });
  try {
    await Promise.race([close(), late]);
  } finally {
    cancel();
  }
}
