/**
 * The typed twin of `native/addon.cc`: everything that crosses between TypeScript and the C++ engine, and the only
 * file that loads the addon. Native calls throw errors with a stable `code`.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** x1, y1, x2, y2 in pixels of the source picture. */
export type BBox = readonly [x1: number, y1: number, x2: number, y2: number];

export type DecodePolicy = 'auto' | 'keyframes' | 'all';
export type HardwareDecode = 'none' | 'auto' | 'cuda' | 'vaapi' | 'v4l2m2m';

/** How the model's input is filled and its output read. */
export interface NativeModelOptions {
  readonly family: 'yolov8';
  /** Class names by class id. */
  readonly classNames: readonly string[];
  /** Multiple that the input's height and width must have. */
  readonly stridePx: number;
  /** A fixed input size, or none: it follows each camera's shape, its long side `longSidePx`. */
  readonly fixedInput?: { readonly heightPx: number; readonly widthPx: number };
  readonly longSidePx: number;
}

export interface NativeDetectionOptions {
  /** A box is kept when its score is greater (0..1). */
  readonly confidence: number;
  /** Two rival boxes with a greater IoU are one object (0..1). */
  readonly iou: number;
  readonly maxObjects: number;
  /** Ids of the classes that are reported. */
  readonly allowedClassIds: readonly number[];
  /** Classes that are labels of one and the same kind of thing: at most one of them stays on an object. */
  readonly rivalClassIds: readonly (readonly number[])[];
}

export interface NativeGroupingOptions {
  /** Largest distance between the centres of two boxes that are joined. */
  readonly distancePx: number;
  readonly minMembers: number;
  readonly cropMarginPx: number;
}

export interface NativePipelineOptions {
  /** Threads that decode, letterbox and encode for all cameras. */
  readonly threads: number;
  /** How long a frame may wait for others to fill its batch. */
  readonly batchDeadlineMs: number;
  readonly jpegQuality: number;
  readonly model: NativeModelOptions;
  readonly detection: NativeDetectionOptions;
  readonly grouping: NativeGroupingOptions;
  /** Waits between connection attempts; `hopelessMs` for what cannot work as configured. */
  readonly backoff: { readonly firstMs: number; readonly maxMs: number; readonly hopelessMs: number };
  /**
   * A file that notes which cameras are being decoded, for `decodeSuspects` at the next start, made anew: of one pipeline in a
   * process. One that cannot be made is an error (`marks-failed`).
   */
  readonly decodeMarksFile?: string;
}

/** A polygon on a camera's picture: road users in it count, or do not. */
export interface NativeZone {
  readonly kind: 'include' | 'ignore';
  /** Corners: 0 to 1 from the picture's left and top edge. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What of a camera may change while it runs, without a new connection. */
export interface CameraTuning {
  /** Time between two analyses. */
  readonly intervalMs: number;
  /** Under load, the interval of a camera of priority 2 is stretched half as much (0.1 to 10). */
  readonly priority: number;
  /** Where road users count; everywhere unless given. */
  readonly zones?: readonly NativeZone[];
}

export interface NativeCameraOptions extends CameraTuning {
  readonly cameraId: string;
  /** rtsp:// or rtsps://, or a file's path where `allowFiles`. */
  readonly url: string;
  readonly allowFiles: boolean;
  readonly transport: 'tcp' | 'udp';
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** Where nothing has changed since the last analysis, its result stands for so long; 0: each frame is analysed. */
  readonly maxReuseMs: number;
  readonly decodePolicy: DecodePolicy;
  readonly hardwareDecode: HardwareDecode;
  /**
   * Files: `live` plays in a loop at its own pace and the newest frame wins, as a camera's would; `every-frame` plays
   * once, as fast as it is analysed, and loses no frame that is due (`intervalMs` of media time; 0: each frame).
   */
  readonly playback: 'live' | 'every-frame';
}

/** Which pictures somebody wants from a camera; what nobody wants is not made. */
export interface PictureDemand {
  readonly raw: boolean;
  readonly drawn: boolean;
  readonly crops: boolean;
}

export interface Fault {
  /** bad-url, scheme-refused, unauthorized, not-found, unreachable, connect-timeout, read-timeout, … */
  readonly code: string;
  readonly message: string;
}

/** Where a camera's connection stands; times are UTC milliseconds since the epoch. */
export type ConnectionState =
  | { readonly state: 'connecting'; readonly sinceMs: number; readonly attempt: number }
  | { readonly state: 'live'; readonly sinceMs: number }
  | { readonly state: 'stalled'; readonly sinceMs: number }
  | {
      readonly state: 'reconnecting';
      readonly sinceMs: number;
      readonly attempt: number;
      readonly nextTryMs: number;
      readonly fault: Fault;
    }
  /** Without a next try, nothing but a change helps. */
  | { readonly state: 'failed'; readonly sinceMs: number; readonly nextTryMs?: number; readonly fault: Fault }
  | { readonly state: 'ended'; readonly sinceMs: number };

export interface NativeObject {
  readonly classId: number;
  readonly confidence: number;
  readonly bbox: BBox;
}

export interface NativeCrop {
  readonly jpeg: Buffer;
  readonly bbox: BBox;
  readonly widthPx: number;
  readonly heightPx: number;
  /** 16 hexadecimal digits; the fewer bits differ, the more two crops show the same (`native/image/difference_hash.h`). */
  readonly differenceHash: string;
}

export interface NativeGroup {
  /** Indices into the objects, ascending. */
  readonly members: readonly number[];
  readonly bbox: BBox;
  readonly meanConfidence: number;
  /** Only where crops are wanted. */
  readonly crop?: NativeCrop;
}

/** One analysed frame. */
export interface DetectionEvent {
  readonly type: 'detection';
  readonly cameraId: string;
  /** When the frame was captured: UTC milliseconds since the epoch. */
  readonly capturedAtMs: number;
  /** Position in a file, from its first frame. */
  readonly mediaTimeMs?: number;
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Most confident first. */
  readonly objects: readonly NativeObject[];
  /** In the order of their first member. */
  readonly groups: readonly NativeGroup[];
  /** The objects and groups are those of the last analysis: the scene has not changed since. */
  readonly reused?: true;
  readonly rawJpeg?: Buffer;
  readonly drawnJpeg?: Buffer;
  /** Milliseconds: packet received → result ready, and its parts. */
  readonly timings: {
    readonly totalMs: number;
    readonly decodeMs: number;
    /** Decoded → taken into a batch. */
    readonly queueMs: number;
    readonly letterboxMs: number;
    readonly inferenceMs: number;
    /** The run came back → its result is worked on. */
    readonly resultQueueMs: number;
    readonly postprocessMs: number;
  };
}

export interface StateEvent {
  readonly type: 'state';
  readonly cameraId: string;
  readonly connection: ConnectionState;
}

export interface LogEvent {
  readonly type: 'log';
  readonly level: 'info' | 'warn' | 'error';
  readonly code: string;
  readonly message: string;
  readonly cameraId?: string;
}

export type NativeEvent = DetectionEvent | StateEvent | LogEvent;

export type QualityMark = 'excellent' | 'fair' | 'poor' | 'unusable';

export interface CameraStats {
  readonly cameraId: string;
  readonly connection: ConnectionState;
  readonly quality: QualityMark;
  readonly stallsLastHour: number;
  readonly reconnectsLastHour: number;
  readonly packets: number;
  readonly bytes: number;
  /** Over the last 10 s. */
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** keyframes, on-demand or all: what the policy came to. */
  readonly decodeMode: 'keyframes' | 'on-demand' | 'all';
  readonly configuredIntervalMs: number;
  /** Time between two analyses that is in effect: the configured one, stretched while there is too much to do. */
  readonly intervalMs: number;
  /** Time between keyframes, once measured. */
  readonly gopMs?: number;
  /** It sends no keyframes, but refreshes its picture bit by bit; else left out. */
  readonly gradualRefresh?: true;
  /** What decodes: software, cuda, vaapi or v4l2m2m. */
  readonly decoder: string;
  readonly codec?: string;
  readonly imageWidth?: number;
  readonly imageHeight?: number;
  /** Mean decode time for one analysis. */
  readonly decodeMs: number;
  readonly framesDecoded: number;
  readonly decodeErrors: number;
  /** Frames that were decoded for an analysis. */
  readonly framesOffered: number;
  /** Frames that a newer one replaced before they were analysed. */
  readonly framesReplaced: number;
  /** Frames that were too old to be analysed. */
  readonly framesStale: number;
  readonly analysed: number;
  /** Of `analysed`, frames for which an earlier result stands. */
  readonly reused: number;
  /** A frame is being analysed, or its result has not been let go. */
  readonly busy: boolean;
  /** Age of the newest result in milliseconds; none before the first. */
  readonly resultAgeMs?: number;
}

/** What the watchdog may start anew of a camera. */
export type CameraStage = 'source' | 'decode' | 'analysis';

export interface PipelineStats {
  readonly cameras: readonly CameraStats[];
  /** Frames that wait for a run of the model. */
  readonly framesWaiting: number;
  readonly batches: number;
  readonly batchedFrames: number;
  /** At n: batches of n + 1 frames; as long as the largest so far. */
  readonly batchesBySize: readonly number[];
  /** Batches whose run of the model failed. */
  readonly failedBatches: number;
  /** Factor on all intervals while there is more to do than the machine can do; else 1. */
  readonly stretch: number;
  /** Age of the oldest run that has not come back, in milliseconds; none where all are idle. */
  readonly oldestRunMs?: number;
}

/** All cameras of a process, from packets to detections. Its threads are native; events come on the event loop. */
export interface NativePipeline {
  /** What an InferenceLane in another thread connects by. */
  readonly id: number;
  addCamera(options: NativeCameraOptions): void;
  /**
   * Takes a camera out and resolves when its threads have ended; an unknown id is an error (`unknown-camera`). Where no
   * thread can be started to wait for them (`no-thread`), they are joined with those of the next camera.
   */
  removeCamera(cameraId: string): Promise<void>;
  setDemand(cameraId: string, demand: PictureDemand): void;
  /** Another interval, priority and zones for a live camera, from now on. Throws `unknown-camera`. */
  tuneCamera(cameraId: string, tuning: CameraTuning): void;
  /** Watchdog: starts a camera's stage anew; of the analysis, that the camera's frame waits is told once more. */
  restartStage(cameraId: string, stage: CameraStage): void;
  /**
   * Watchdog: closes the lanes whose run has lasted this long and lets their frames go; the result is how many. Their
   * workers get null from next() if they ever come back.
   */
  abandonRuns(olderThanMs: number): number;
  stats(): PipelineStats;
  /** Ends all; resolves when every thread is joined. Safe to call twice. */
  close(): Promise<void>;
}

/** A batch to run: the first `count` pictures of the lane's tensor are [count, 3, heightPx, widthPx]. */
export interface Batch {
  readonly count: number;
  readonly heightPx: number;
  readonly widthPx: number;
}

/** A worker's end of the pipeline: takes batches, gives back what the model said. */
export interface NativeInferenceLane {
  /** Resolves with the next batch, letterboxed into the lane's tensor; null when the lane or pipeline is closed. */
  next(): Promise<Batch | null>;
  /** `output` is [count, rows, anchors]; read before this returns. */
  complete(output: Float32Array, rows: number, anchors: number): void;
  /** The run failed: its frames are counted and let go. */
  fail(message: string): void;
  close(): void;
}

export type ProbeOptions = Pick<
  NativeCameraOptions,
  'url' | 'allowFiles' | 'transport' | 'connectTimeoutMs' | 'readTimeoutMs'
> & {
  /** Longest time to watch the stream for what takes time to measure; unless given, the first picture is all. */
  readonly measureMs?: number;
  /** Quality (1 to 100) of the first picture as JPEG; unless given, none is made. */
  readonly snapshotQuality?: number;
};

export interface ProbeResult {
  readonly codec: string;
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** As counted over a second or more, else as declared. */
  readonly framesPerSecond?: number;
  /** A picture could be decoded in time. */
  readonly keyframe: boolean;
  /** Milliseconds from the call to the connection, and to the first packet. */
  readonly connectMs: number;
  readonly firstPacketMs: number;
  /** From the first packet to the last. */
  readonly watchedMs: number;
  /** Time between keyframes; absent where fewer than two came. */
  readonly gopMs?: number;
  /** It sends no keyframes, but refreshes its picture bit by bit; else left out. */
  readonly gradualRefresh?: true;
  readonly bitsPerSecond?: number;
  /** The first picture. */
  readonly snapshotJpeg?: Buffer;
}

export interface NativeAddon {
  /** Where `onEvent` gives a promise for a detection, its camera gives no further one before that is settled. */
  readonly Pipeline: new (
    options: NativePipelineOptions,
    onEvent: (event: NativeEvent) => void | Promise<void>,
  ) => NativePipeline;
  readonly InferenceLane: new (pipelineId: number, maxBatch: number, tensor: Float32Array) => NativeInferenceLane;
  /** Opens a camera or file, decodes its first picture, measures and closes it. */
  readonly probe: (options: ProbeOptions) => Promise<ProbeResult>;
  /** A URL without its credentials, for logs and messages. */
  readonly redactUrl: (url: string) => string;
  /**
   * Ends the process at once, without any clean-up; only for what cannot end otherwise: a run of the model that does not
   * come back keeps its worker, and so Node's own exit, for ever.
   */
  readonly exitNow: (code: number) => never;
  /**
   * Ids of the cameras whose decoding may have ended the process that made this file, if it has not ended in order; none without
   * a file. Throws `marks-failed` for what is no such file. To be read before a pipeline makes it anew.
   */
  readonly decodeSuspects: (path: string) => string[];
  /**
   * Sends a message to systemd's socket (`NOTIFY_SOCKET`, sd_notify(3)), without waiting: Node has no such sockets. Throws
   * `notify-failed` where nobody takes it.
   */
  readonly notifyServiceManager: (address: string, message: string) => void;
  /** Versions of what the engine is made of: roadwatch, ffmpeg, libyuv. */
  readonly versions: () => Readonly<Record<string, string>>;
}

const addonPath = fileURLToPath(new URL('../build/Release/roadwatch.node', import.meta.url));

export const native: NativeAddon = createRequire(import.meta.url)(addonPath);
