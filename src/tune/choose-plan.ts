import type { RunPlan } from '../detect/run-plan.ts';

/** What a plan was seen to do. */
export interface PlanMeasurement {
  readonly plan: RunPlan;
  readonly framesPerSecond: number;
  /** Processor time, all threads. */
  readonly cpuMsPerFrame: number;
}

/** Plans this near to the fastest are as fast: measurements tremble by as much. */
const tolerance = 0.05;

/**
 * Of the plans that are as fast as the fastest, those that cost the least; of these the one with the smallest batch,
 * which makes the soonest results, and the fewest workers, which need the least memory.
 */
export function choosePlan(measured: readonly PlanMeasurement[]): PlanMeasurement | undefined {
  const fastest = Math.max(...measured.map(({ framesPerSecond }) => framesPerSecond));
  const fast = measured.filter(({ framesPerSecond }) => framesPerSecond >= (1 - tolerance) * fastest);
  const cheapest = Math.min(...fast.map(({ cpuMsPerFrame }) => cpuMsPerFrame));
  const cheap = fast.filter(({ cpuMsPerFrame }) => cpuMsPerFrame <= (1 + tolerance) * cheapest);
  return cheap.toSorted((a, b) => a.plan.maxBatch - b.plan.maxBatch || a.plan.workers - b.plan.workers)[0];
}
