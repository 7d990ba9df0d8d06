import type { EngineOptions } from '../detect/start-engine.ts';
import type { Config } from './schema.ts';

/** What the engine needs of a configuration. */
export function engineOptions(config: Config): EngineOptions {
  const { detector, detection, analysis } = config;
  return {
    model: { manifestPath: detector.manifestPath },
    providers: detector.providers,
    workers: detector.workers,
    threadsPerWorker: detector.threadsPerWorker,
    decodeThreads: analysis.decodeThreads,
    maxBatch: detector.maxBatch,
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
