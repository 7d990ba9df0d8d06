/** How the model is run: how many workers, with how many threads each, on how many frames at once. */
import { availableParallelism } from 'node:os';
import type { ProviderName } from './manifest.ts';

export interface RunPlan {
  /** Worker threads that each hold the model. */
  readonly workers: number;
  /** Threads that compute one run. */
  readonly threadsPerWorker: number;
  /** Most frames, of all cameras, in one run. */
  readonly maxBatch: number;
}

const maxCpuWorkers = 16;

/**
 * Without a measurement. On a CPU frames side by side cost less than one frame on many threads, and batches save
 * nothing (docs/performance.md); a GPU wants few runs of many frames.
 */
export function defaultPlan(provider: ProviderName, cores = availableParallelism()): RunPlan {
  if (provider !== 'cpu') return { workers: 1, threadsPerWorker: 1, maxBatch: 8 };
  return { workers: Math.min(cores, maxCpuWorkers), threadsPerWorker: 1, maxBatch: 1 };
}
