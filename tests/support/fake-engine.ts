/** An engine without cameras or model: it notes what it is asked for, and its events are the test's. */
import type { Engine, InferenceDetails } from '../../src/detect/engine.ts';
import type {
  CameraStats,
  CameraTuning,
  DetectionEvent,
  NativeCameraOptions,
  PictureDemand,
  PipelineStats,
} from '../../src/native.ts';

export class FakeEngine implements Engine {
  readonly cameras = new Map<string, NativeCameraOptions>();
  readonly demands = new Map<string, PictureDemand>();
  /** Every call that changes a camera, in order: `add gate`, `remove gate`. */
  readonly calls: string[] = [];
  /** What `addCamera` throws for an address. */
  readonly refusals = new Map<string, Error>();
  /** Whether cameras that are removed stay until `finishRemovals()`. */
  holdRemovals = false;
  #heldRemovals: (() => void)[] = [];

  addCamera(options: NativeCameraOptions): void {
    const refusal = this.refusals.get(options.url);
    if (refusal) throw refusal;
    if (this.cameras.has(options.cameraId)) throw new Error(`camera ${options.cameraId} is there already`);
    this.calls.push(`add ${options.cameraId}`);
    this.cameras.set(options.cameraId, options);
  }

  async removeCamera(cameraId: string): Promise<void> {
    if (!this.cameras.has(cameraId)) throw new Error(`no camera ${cameraId}`);
    this.calls.push(`remove ${cameraId}`);
    if (this.holdRemovals) await new Promise<void>((resolve) => this.#heldRemovals.push(resolve));
    this.cameras.delete(cameraId);
    this.demands.delete(cameraId);
  }

  /** Lets the cameras go that are being removed. */
  async finishRemovals(): Promise<void> {
    for (const finish of this.#heldRemovals.splice(0)) finish();
    await new Promise((resolve) => setImmediate(resolve));
  }

  tuneCamera(cameraId: string, tuning: CameraTuning): void {
    const camera = this.cameras.get(cameraId);
    if (camera === undefined) throw new Error(`no camera ${cameraId}`);
    this.calls.push(`tune ${cameraId}`);
    this.cameras.set(cameraId, { ...camera, ...tuning });
  }

  setDemand(cameraId: string, demand: PictureDemand): void {
    if (!this.cameras.has(cameraId)) throw new Error(`no camera ${cameraId}`);
    this.demands.set(cameraId, demand);
  }

  restartStage(): void {}

  stats(): PipelineStats {
    const cameras = [...this.cameras.keys()].map(statsOf);
    return { cameras, framesWaiting: 0, batches: 0, batchedFrames: 0, batchesBySize: [], failedBatches: 0, stretch: 1 };
  }

  details(): InferenceDetails {
    return {
      model: 'fake',
      file: 'fake.onnx',
      provider: 'cpu',
      precision: 'fp32',
      precisionReason: 'nothing runs',
      refused: [],
      workers: 1,
      threadsPerWorker: 1,
      maxBatch: 1,
      classNames: ['person', 'car'],
      restarts: 0,
      stuck: 0,
    };
  }

  standstills(): [] {
    return [];
  }

  async close(): Promise<void> {}
}

export const detectionTimings: DetectionEvent['timings'] = {
  totalMs: 250,
  decodeMs: 10,
  queueMs: 5,
  letterboxMs: 1,
  inferenceMs: 20,
  resultQueueMs: 3,
  postprocessMs: 2,
};

/** An analysed frame with one person and one car, who are a group. */
export function detection(cameraId: string, overrides: Partial<DetectionEvent> = {}): DetectionEvent {
  return {
    type: 'detection',
    cameraId,
    capturedAtMs: Date.UTC(2025, 5, 1, 12, 30, 15, 250),
    imageWidth: 1280,
    imageHeight: 720,
    objects: [
      { classId: 0, confidence: 0.9, bbox: [10, 20, 30, 60] },
      { classId: 1, confidence: 0.5, bbox: [40, 20, 90, 60] },
    ],
    groups: [{ members: [0, 1], bbox: [10, 20, 90, 60], meanConfidence: 0.7 }],
    timings: detectionTimings,
    ...overrides,
  };
}

function statsOf(cameraId: string): CameraStats {
  return {
    cameraId,
    connection: { state: 'live', sinceMs: 0 },
    quality: 'excellent',
    stallsLastHour: 0,
    reconnectsLastHour: 0,
    packets: 7,
    bytes: 700,
    framesPerSecond: 25,
    bytesPerSecond: 250_000,
    decodeMode: 'keyframes',
    configuredIntervalMs: 2000,
    intervalMs: 2000,
    decoder: 'software',
    decodeMs: 12,
    framesDecoded: 3,
    decodeErrors: 0,
    framesOffered: 3,
    framesReplaced: 0,
    framesStale: 0,
    analysed: 3,
    reused: 0,
    busy: false,
  };
}
