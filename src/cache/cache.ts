/** Where joined detections and alerts stand for other programs to read: in Redis, or in this process alone. */
import type { AssessedDetection } from '../aggregate/assessed.ts';
import type { AlertEvent } from '../alert/alert-desk.ts';
import type { AlertNotice } from './alert-notice.ts';

/** How long a detection stands. */
export const detectionTtlMs = 300_000;
/** Alerts of one camera that stand; the newest. */
export const maxAlertsPerCamera = 100;

export const cacheKeys = {
  /** A camera's newest joined detection. */
  latest: (cameraId: string) => `camera:${cameraId}:latest`,
  /** The channel on which each joined detection of a camera is published. */
  channel: (cameraId: string) => `camera:${cameraId}`,
  /** A camera's alerts, newest first. */
  alerts: (cameraId: string) => `alerts:${cameraId}`,
  detection: (requestId: string) => `detection:${requestId}`,
} as const;

/** What has become of an alert. */
export type AlertNews = Pick<AlertEvent, 'change' | 'alert'>;

/** Where the cache stands. Times are UTC ms. */
export type CacheState =
  | { readonly state: 'in-process' }
  | { readonly state: 'connecting' | 'connected'; readonly sinceMs: number }
  | {
      /** It does not work, and is tried again. */
      readonly state: 'retrying';
      readonly sinceMs: number;
      readonly code: string;
      readonly message: string;
      /** Tries that have failed. */
      readonly attempt: number;
      readonly nextTryMs: number;
    }
  | { readonly state: 'closed' };

/**
 * Why something that was given did not get in: too much waited or stood (`full`), it would have been out of date
 * (`expired`), it was refused for good (`refused`), or the service ended (`closed`).
 */
export const cacheDropReasons = ['full', 'expired', 'refused', 'closed'] as const;
export type CacheDropReason = (typeof cacheDropReasons)[number];

export interface CacheStats {
  readonly state: CacheState;
  /** Put in, since the start. */
  readonly detections: number;
  readonly alerts: number;
  /** Given and not put in yet. */
  readonly waiting: number;
  readonly dropped: Readonly<Record<CacheDropReason, number>>;
  /** Failures by code, those included that another try has made good. */
  readonly errors: ReadonlyMap<string, number>;
}

/**
 * Whoever gives need not wait, and is never thrown at: what is given is put in when that is possible, in order within a camera,
 * and counted where it is not. A reader gets undefined, or nothing, where the cache cannot be reached. Event loop only.
 */
export interface Cache {
  /**
   * A joined detection: the camera's latest if no later capture stands, by its request, and published. Resolves when it stands
   * there or never will (`dropped`), and at the latest after five seconds: then nobody waits for the cache any more until it
   * has caught up. Never rejects.
   */
  putDetection(detection: AssessedDetection): Promise<void>;
  /** An alert has changed; one that began or became worse is put on its camera's list. */
  noteAlert(event: AlertNews): void;
  latest(cameraId: string): Promise<AssessedDetection | undefined>;
  detection(requestId: string): Promise<AssessedDetection | undefined>;
  /** Newest first. */
  alerts(cameraId: string): Promise<readonly AlertNotice[]>;
  stats(): CacheStats;
  /** Puts in what waits, for a moment at most, and ends. Safe to call twice. */
  close(): Promise<void>;
}
