import type {
  CameraStage,
  CameraTuning,
  ConnectionState,
  DetectionEvent,
  LogEvent,
  NativeCameraOptions,
  PictureDemand,
  PipelineStats,
} from '../native.ts';
import type { Standstill } from './watchdog.ts';

/** What an engine tells; called on the event loop, never after `close()` has resolved. */
export interface EngineListener {
  /** A promise, where there is one, is waited for before the camera's next detection comes. */
  onDetection(event: DetectionEvent): void | Promise<void>;
  onState(cameraId: string, connection: ConnectionState): void;
  onLog(event: LogEvent): void;
}

/** What runs the model, and why that. */
export interface InferenceDetails {
  readonly model: string;
  readonly file: string;
  /** The execution provider in use: tensorrt, cuda or cpu. */
  readonly provider: string;
  /** int8 or fp32. */
  readonly precision: string;
  /** Why this precision, in words. */
  readonly precisionReason: string;
  /** Providers that were asked for before it, with why they did not load. */
  readonly refused: readonly { readonly provider: string; readonly reason: string }[];
  readonly workers: number;
  readonly threadsPerWorker: number;
  readonly maxBatch: number;
  readonly classNames: readonly string[];
  /** Times a worker was started anew. */
  readonly restarts: number;
  /** Workers whose run of the model has not come back. */
  readonly stuck: number;
}

/**
 * From cameras to detections: the native pipeline and the workers that run the model. Implemented by
 * `startEngine()` in `start-engine.ts`; tests of what stands after it may give their own.
 */
export interface Engine {
  addCamera(options: NativeCameraOptions): void;
  removeCamera(cameraId: string): Promise<void>;
  /** Another interval, priority and zones for a camera that runs, without a new connection. */
  tuneCamera(cameraId: string, tuning: CameraTuning): void;
  setDemand(cameraId: string, demand: PictureDemand): void;
  restartStage(cameraId: string, stage: CameraStage): void;
  stats(): PipelineStats;
  details(): InferenceDetails;
  /** What stands still although it was started anew time and again. */
  standstills(): readonly Standstill[];
  close(): Promise<void>;
}
