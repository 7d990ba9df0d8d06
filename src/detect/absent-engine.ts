import { RoadwatchError } from '../errors.ts';
import type { PipelineStats } from '../native.ts';
import type { Engine, InferenceDetails } from './engine.ts';
import type { Standstill } from './watchdog.ts';

/** The engine of a process that has no cameras: another one detects. */
export class AbsentEngine implements Engine {
  addCamera(): void {
    throw new RoadwatchError('no-detector', 'this process has no cameras: it does not run the role detector');
  }

  async removeCamera(): Promise<void> {}

  tuneCamera(): void {}

  setDemand(): void {}

  restartStage(): void {}

  stats(): PipelineStats {
    const none = { framesWaiting: 0, batches: 0, batchedFrames: 0, failedBatches: 0 };
    return { cameras: [], batchesBySize: [], stretch: 1, ...none };
  }

  details(): InferenceDetails {
    return {
      model: '',
      file: '',
      provider: 'none',
      precision: '',
      precisionReason: 'this process does not run the role detector',
      refused: [],
      workers: 0,
      threadsPerWorker: 0,
      maxBatch: 0,
      classNames: [],
      restarts: 0,
      stuck: 0,
    };
  }

  standstills(): readonly Standstill[] {
    return [];
  }

  async close(): Promise<void> {}
}
