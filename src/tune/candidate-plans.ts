import type { RunPlan } from '../detect/run-plan.ts';

export interface Cores {
  /** As the scheduler counts them. */
  readonly logical: number;
  /** Without the second threads of the same core. */
  readonly physical: number;
}

const batches = [1, 4];

/** The plans worth measuring: all cores side by side, all on one frame, pairs; with and without batches. */
export function candidatePlans({ logical, physical }: Cores): RunPlan[] {
  const shapes = new Map<string, readonly [workers: number, threadsPerWorker: number]>();
  for (const total of [physical, logical]) {
    for (const threadsPerWorker of [1, 2, total]) {
      const workers = Math.floor(total / threadsPerWorker);
      if (workers >= 1) shapes.set(`${workers} ${threadsPerWorker}`, [workers, threadsPerWorker]);
    }
  }
  return [...shapes.values()].flatMap(([workers, threadsPerWorker]) =>
    batches.map((maxBatch) => ({ workers, threadsPerWorker, maxBatch })),
  );
}
