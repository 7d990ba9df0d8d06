/** The WebSocket's messages, each described once: what clients may send, and what they get. */
import { z } from 'zod';
import type { Alert, AlertChange } from '../alert/alert.ts';
import type { DangerousDrivingResult } from '../alert/dangerous-driving-result.ts';
import type { Judge } from '../assess/judge.ts';
import type { KeyFileProblem } from '../assess/key-report.ts';
import type { EndpointState, GroupState, KeyState } from '../assess/pool/model-pool.ts';
import type { AnswerCounts } from '../assess/recent-answers.ts';
import type { AccessLevel } from '../auth/access-level.ts';
import type { StreamAdvice } from '../camera/stream-advice.ts';
import type { CameraConfig } from '../config/schema.ts';
import type { DetectedObject, GroupImage, RiskLevel, TrafficGroup } from '../detect/detection-message.ts';
import type { ProbeResult, QualityMark } from '../native.ts';
import type { OutboxStatus } from '../uplink/outbox-status.ts';

const maxCameraIdLength = 64;
const maxUrlLength = 4096;

/** As the client sent it; answers carry it in the same type. */
const cameraId = z.union(
  [
    z.number().refine(Number.isFinite),
    z
      .string()
      .min(1)
      .max(maxCameraIdLength)
      .regex(/^\P{Cc}*$/u),
  ],
  { error: `expected a number, or 1 to ${maxCameraIdLength} characters without control characters` },
);
const rtspUrl = z
  .string({ error: 'expected an rtsp:// or rtsps:// address as a string' })
  .min(1, 'expected an rtsp:// or rtsps:// address, received an empty string')
  .max(maxUrlLength, `expected at most ${maxUrlLength} characters`);

const onCamera = z.object({ cameraId });
const onAddress = z.object({ cameraId, rtspUrl });

/** By type, what `data` must hold. */
export const clientMessages = {
  ping: z.unknown(),
  start_stream: onAddress,
  stop_stream: onCamera,
  check_camera: onAddress,
  /** Looks at a camera that runs already. */
  watch: onCamera,
  unwatch: onCamera,
} as const;

export type ClientMessageType = keyof typeof clientMessages;

/** What a client must be at least to send each. */
export const messageRoles: Readonly<Record<ClientMessageType, AccessLevel>> = {
  ping: 'viewer',
  start_stream: 'operator',
  stop_stream: 'viewer',
  check_camera: 'operator',
  watch: 'viewer',
  unwatch: 'viewer',
};

export type ClientMessage = {
  [Type in ClientMessageType]: { readonly type: Type; readonly data: z.output<(typeof clientMessages)[Type]> };
}[ClientMessageType];
export type WireCameraId = z.output<typeof cameraId>;

/** One analysed frame; pictures are JPEG data URIs, empty where the viewer did not ask for them. */
export interface DetectionResultData {
  readonly cameraId: WireCameraId;
  /** When the frame was captured: ISO 8601, UTC, ends in Z. */
  readonly timestamp: string;
  readonly frame: string;
  readonly rawFrame: string;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly detectedObjects: readonly DetectedObject[];
  readonly trafficGroups: readonly TrafficGroup[];
  readonly groupImages: readonly GroupImage[];
  /** What was found dangerous at this camera within the display window; empty where nothing was, as are the others. */
  readonly dangerousDrivingResults: readonly DangerousDrivingResult[];
  readonly hasDangerousDriving: boolean;
  readonly maxRiskLevel: RiskLevel;
  /** The objects and groups are those of the last analysis: the scene has not changed since. */
  readonly reused?: true;
  /** Seconds from the packet's arrival to the result. */
  readonly processTime: number;
  /** Seconds. */
  readonly llmLatency: number;
  readonly llmModel: string;
  readonly llmRawText: string;
  readonly modelType: string;
  readonly supportedClasses: readonly string[];
  readonly trackingEnabled: boolean;
  readonly serverDrawEnabled: boolean;
}

export interface FaultData {
  readonly code: string;
  readonly message: string;
}

/** Where a camera stands; sent to viewers that asked for `events=state` or `pictures=binary`. Times are UTC ms. */
export interface CameraStateData {
  readonly cameraId: string;
  /** `removed`: it does not run any more. */
  readonly state: 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'failed' | 'ended' | 'removed';
  readonly sinceMs: number;
  readonly reason?: FaultData;
  readonly nextTryMs?: number;
  readonly attempt?: number;
}

/** One danger, from its first sight to its last. Times are ISO 8601, UTC: when the frames were captured. */
export interface AlertData extends Omit<Alert, 'sinceMs' | 'lastSeenMs' | 'acknowledgedAtMs' | 'pictureRevision'> {
  readonly since: string;
  readonly lastSeen: string;
  /** The newest assessments found it. */
  readonly active: boolean;
  /** It is on disk; false where the history cannot be written. */
  readonly stored: boolean;
  readonly acknowledged: boolean;
  readonly acknowledgedAt?: string;
  /** Address of its picture on this server. */
  readonly picture?: string;
}

/** `GET /api/alerts`. */
export interface AlertListData {
  /** The latest to begin first. */
  readonly alerts: readonly AlertData[];
  /** Asks for the next page; absent on the last. */
  readonly nextCursor?: string;
  /** Whether alerts are kept; if not, why and since when. */
  readonly history:
    | { readonly kept: true }
    | { readonly kept: false; readonly code: string; readonly message: string; readonly since: string };
}

/** An API key; never the key itself. */
export interface KeyData extends KeyState {
  /** Share of its calls that were answered, 0 to 1; absent before the first has ended. */
  readonly successRate?: number;
}

/** A camera that is kept; its address without user name, password and secret parameters. */
export interface CameraSettingsData extends CameraConfig {
  /** `file`: it stands in the configuration file, and is changed there; `store`: it was added here. */
  readonly origin: 'file' | 'store';
  /** The configuration file has one of the same id: this one does not run. */
  readonly shadowed?: true;
  /** Why the engine does not run it. */
  readonly problem?: FaultData;
}

/** `GET /api/camera-settings`. */
export interface CameraSettingsListData {
  /** In their order. */
  readonly cameras: readonly CameraSettingsData[];
  /** What holds for a camera that does not say otherwise. */
  readonly defaults: Required<
    Pick<CameraConfig, 'intervalMs' | 'priority' | 'transport' | 'decodePolicy' | 'hardwareDecode'>
  >;
  readonly maxCameras: number;
  /** Whether a camera may be a video file. */
  readonly allowFiles: boolean;
}

/** `POST /api/camera-test`. */
export interface CameraTestData {
  readonly reachable: boolean;
  /** Why not. */
  readonly fault?: FaultData;
  readonly stream?: Omit<ProbeResult, 'snapshotJpeg'>;
  readonly advice: readonly StreamAdvice[];
  /** The first picture: a JPEG data URI. */
  readonly snapshot?: string;
}

/** `GET /api/keys`. Times are UTC ms, by the appliance's clock. */
export interface KeyListData {
  readonly nowMs: number;
  /**
   * Who judges groups now. `elsewhere`: another process has the keys; `nobody`: none is assessed, by configuration. Then
   * there are no keys, and nothing below.
   */
  readonly judge: Judge | { readonly by: 'elsewhere' | 'nobody' };
  readonly lastMinute?: AnswerCounts;
  /** In the order of their file; those that were taken out and finish their calls come last. */
  readonly keys: readonly KeyData[];
  readonly groups: readonly GroupState[];
  readonly endpoints: readonly EndpointState[];
  readonly pool?: {
    /** Calls, and the most at a time. */
    readonly inFlight: number;
    readonly maxInFlight: number;
    /** Questions that wait for a key. */
    readonly queued: number;
    readonly maxQueued: number;
    /** Spent since `countedSinceMs`: midnight (UTC), or the service's start. */
    readonly tokensToday: number;
    readonly countedSinceMs: number;
    /** What a day may cost; absent: without limit. */
    readonly tokensPerDay?: number;
    /** Little of that is left: the least urgent groups go without. */
    readonly budgetShort: boolean;
  };
  /** The file of keys has changed and cannot be used: the keys are those from before. */
  readonly fileProblem?: KeyFileProblem;
}

/** `GET /api/uplink`. Times are UTC ms, by the appliance's clock. */
export interface UplinkData {
  readonly nowMs: number;
  /** What waits on disk for the broker; absent where nothing is sent by way of it. */
  readonly outbox?: OutboxStatus;
}

export type ServerMessage =
  | { readonly type: 'connection_ack'; readonly data: { readonly message: string } }
  | { readonly type: 'pong'; readonly data: Record<string, never> }
  | {
      readonly type: 'camera_status';
      readonly data: {
        readonly cameraId: WireCameraId;
        /** 1 reachable, 0 not. */
        readonly status: 0 | 1;
        readonly message: string;
        readonly latencyMs?: number;
      };
    }
  | { readonly type: 'detection_result'; readonly data: DetectionResultData }
  | {
      readonly type: 'stream_stopped';
      /** `code`: it could not be started after all. */
      readonly data: { readonly cameraId: WireCameraId; readonly reason: string; readonly code?: string };
    }
  | { readonly type: 'camera_state'; readonly data: CameraStateData }
  | { readonly type: 'alert'; readonly data: AlertData & { readonly change: AlertChange } }
  | {
      readonly type: 'error';
      readonly data: { readonly message: string; readonly code: string; readonly cameraId?: WireCameraId };
    };

/** The head of a binary frame: it stands, with its length as a big-endian u32 before it, in front of the JPEG. */
export interface PictureHead {
  readonly cameraId: WireCameraId;
  /** The same as of the `detection_result` that follows. */
  readonly timestamp: string;
  readonly kind: 'raw';
  readonly mime: 'image/jpeg';
}

/** A camera in `GET /api/cameras`. */
export interface CameraListEntry extends CameraStateData {
  readonly name?: string;
  /** It is kept, and runs whoever looks on. */
  readonly configured: boolean;
  /** Of those that are kept: its place in their order, from 0. */
  readonly position?: number;
  readonly viewers: number;
  readonly quality: QualityMark;
  readonly stallsLastHour: number;
  readonly reconnectsLastHour: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly decodeMode: string;
  readonly decoder: string;
  readonly codec?: string;
  readonly configuredIntervalMs: number;
  /** In effect: longer than configured while there is more to do than the machine can do. */
  readonly intervalMs: number;
  readonly gopMs?: number;
  readonly decodeMs: number;
  readonly imageWidth?: number;
  readonly imageHeight?: number;
  readonly framesReplaced: number;
  readonly framesStale: number;
  readonly decodeErrors: number;
  readonly analysed: number;
  readonly reused: number;
  readonly resultAgeMs?: number;
}
