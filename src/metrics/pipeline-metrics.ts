import { Counter, Gauge, type Registry } from 'prom-client';
import type { PipelineStats } from '../native.ts';
import type { StatsSource } from './camera-metrics.ts';

/** Codes that are told apart; further ones are counted as `other`, so that labels stay few. */
const maxErrorCodes = 64;

/** Registers the batcher's counters, read when metrics are scraped. */
export function registerPipelineMetrics(registry: Registry, stats: StatsSource): void {
  const registers = [registry];
  new Gauge({
    name: 'pipeline_frames_waiting',
    help: 'Frames that wait for a run of the model.',
    registers,
    collect() {
      this.set(stats().framesWaiting);
    },
  });
  new Gauge({
    name: 'pipeline_interval_stretch',
    help: 'Factor on all analysis intervals while there is more to do than the machine can do; else 1.',
    registers,
    collect() {
      this.set(stats().stretch);
    },
  });
  const counters: readonly (readonly [name: string, help: string, read: (stats: PipelineStats) => number])[] = [
    ['pipeline_batches_total', 'Runs of the model.', ({ batches }) => batches],
    ['pipeline_batched_frames_total', 'Frames that were in runs of the model.', ({ batchedFrames }) => batchedFrames],
    ['pipeline_failed_batches_total', 'Runs of the model that failed.', ({ failedBatches }) => failedBatches],
  ];
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(stats()));
      },
    });
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
