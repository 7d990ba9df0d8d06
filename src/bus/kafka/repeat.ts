import type { Clock } from '../../time/clock.ts';
import { wait } from '../../time/wait.ts';

/** Does the work every `intervalMs`, counted from its end, until it is told to stop. */
export async function repeat(
  work: () => Promise<void>,
  intervalMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await wait(clock, intervalMs, signal);
    if (!signal.aborted) await work();
  }
}
