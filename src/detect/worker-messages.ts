import type { Precision, ProviderName } from './manifest.ts';
import type { RunPlan } from './run-plan.ts';

/** What an inference worker is started with (its `workerData`). */
export interface WorkerStart {
  readonly pipelineId: number;
  /** Floats in one picture of the largest input. */
  readonly floatsPerPicture: number;
  /** Model files to try, in order. */
  readonly candidates: readonly ModelCandidate[];
  /** The only size that the graph is run with; none where it follows each camera's shape. */
  readonly fixedInput?: { readonly heightPx: number; readonly widthPx: number };
  readonly inputName: string;
  readonly outputName: string;
  /** Rows of the output: 4 + classes. */
  readonly outputRows: number;
}

export interface ModelCandidate {
  readonly provider: ProviderName;
  readonly path: string;
  readonly precision: Precision;
  /** Why this precision, in words. */
  readonly reason: string;
  readonly plan: RunPlan;
}

export interface RefusedProvider {
  readonly provider: ProviderName;
  readonly reason: string;
}

/**
 * What an inference worker tells: whether its model is loaded, and that it ends because its lane was closed.
 */
export type WorkerMessage =
  | { readonly type: 'dismissed' }
  | { readonly type: 'ready'; readonly chosen: ModelCandidate; readonly refused: readonly RefusedProvider[] }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };
