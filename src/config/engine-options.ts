import type { ProviderName } from '../detect/manifest.ts';
import { defaultPlan, type RunPlan } from '../detect/run-plan.ts';
import type { EngineOptions } from '../detect/start-engine.ts';
import { readTuning, tuningKey, tuningPath } from '../tune/tuning-file.ts';
import type { Config } from './schema.ts';

/** What the engine needs of a configuration. */
export function engineOptions(config: Config): EngineOptions {
  const { detector, detection, analysis } = config;
  return {
    model: { manifestPath: detector.manifestPath },
    providers: detector.providers,
    precision: detector.precision,
    planFor: (provider) => ({
      ...defaultPlan(provider),
      ...measuredPlan(provider, detector),
      ...configuredPlan(detector),
    }),
    decodeThreads: analysis.decodeThreads,
    batchDeadlineMs: detector.batchDeadlineMs,
    jpegQuality: analysis.jpegQuality,
    inputSize: detector.inputSize,
    detection: {
      confidence: detection.confidence,
      iou: detection.iou,
      maxObjects: detection.maxObjects,
      allowedClasses: detection.classes,
    },
    grouping: config.grouping,
    backoff: config.source.backoff,
  };
}

/** Only CPUs are measured (`roadwatch tune`). */
function measuredPlan(provider: ProviderName, detector: Config['detector']): RunPlan | undefined {
  return provider === 'cpu' ? readTuning(tuningPath(), tuningKey(detector)) : undefined;
}

function configuredPlan({ workers, threadsPerWorker, maxBatch }: Config['detector']): Partial<RunPlan> {
  return {
    ...(workers === undefined ? {} : { workers }),
    ...(threadsPerWorker === undefined ? {} : { threadsPerWorker }),
    ...(maxBatch === undefined ? {} : { maxBatch }),
  };
}
