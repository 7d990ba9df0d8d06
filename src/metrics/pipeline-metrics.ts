import { Counter, Histogram, type Registry } from 'prom-client';
import type { DetectionEvent } from '../native.ts';
import type { StatsSource } from './camera-metrics.ts';
import { registerCountedHistogram } from './counted-histogram.ts';
import { registerCounters, registerGauges } from './reading.ts';

/** Codes that are told apart; further ones are counted as `other`, so that labels stay few. */
const maxErrorCodes = 64;
/** Frames in a run of the model. */
const batchBuckets = [1, 2, 4, 8, 16, 32, 64];
/** Seconds: from a queue that is as good as empty to one in which frames grow stale. */
const queueBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers the batcher's counters, read when metrics are scraped. */
export function registerPipelineMetrics(registry: Registry, stats: StatsSource): void {
  registerGauges(registry, [
    ['pipeline_frames_waiting', 'Frames that wait for a run of the model.', () => stats().framesWaiting],
    [
      'pipeline_interval_stretch',
      'Factor on all analysis intervals while there is more to do than the machine can do; else 1.',
      () => stats().stretch,
    ],
  ]);
  registerCountedHistogram(registry, {
    name: 'pipeline_batch_frames',
    help: 'Frames in one run of the model.',
    buckets: batchBuckets,
    read: () => stats().batchesBySize.map((count, index) => ({ value: index + 1, count })),
  });
  registerCounters(registry, [
    ['pipeline_batches_total', 'Runs of the model.', () => stats().batches],
    ['pipeline_batched_frames_total', 'Frames that were in runs of the model.', () => stats().batchedFrames],
    ['pipeline_failed_batches_total', 'Runs of the model that failed.', () => stats().failedBatches],
  ]);
}

/** How long the frames that were analysed had to wait inside the pipeline. */
export class QueueMetrics {
  readonly #queues: Histogram<'queue'>;

  constructor(registry: Registry) {
    this.#queues = new Histogram({
      name: 'pipeline_queue_seconds',
      help: 'Waiting: decoded until taken into a batch (batch); back from the model until worked on (result).',
      labelNames: ['queue'],
      buckets: queueBuckets,
      registers: [registry],
    });
    this.#queues.zero({ queue: 'batch' });
    this.#queues.zero({ queue: 'result' });
  }

  /** Counts one analysed frame; one whose earlier result stands was in no batch. */
  observe({ timings, reused }: DetectionEvent): void {
    if (!reused) this.#queues.observe({ queue: 'batch' }, timings.queueMs / 1000);
    this.#queues.observe({ queue: 'result' }, timings.resultQueueMs / 1000);
  }
}

/** Errors by their stable code, wherever in the pipeline they came up. */
export class ErrorMetrics {
  readonly #errors: Counter<'code'>;
  readonly #codes = new Set<string>();

  constructor(registry: Registry) {
    this.#errors = new Counter({
      name: 'pipeline_errors_total',
      help: 'Errors of cameras, inference and delivery.',
      labelNames: ['code'],
      registers: [registry],
    });
  }

  count(code: string): void {
    if (this.#codes.size < maxErrorCodes) this.#codes.add(code);
    this.#errors.inc({ code: this.#codes.has(code) ? code : 'other' });
  }
}
