import type { WorkerStart } from '../detect/worker-messages.ts';

/** What a measuring worker is started with (its `workerData`). */
export interface MeasureStart
  extends Pick<WorkerStart, 'candidates' | 'fixedInput' | 'inputName' | 'outputName' | 'outputRows'> {
  readonly heightPx: number;
  readonly widthPx: number;
  readonly seconds: number;
}

/** In this order; `go` comes from the measuring side once all workers are ready. */
export type MeasureMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly frames: number; readonly elapsedMs: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };
