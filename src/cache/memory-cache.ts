import type { AssessedDetection } from '../aggregate/assessed.ts';
import type { Clock } from '../time/clock.ts';
import { type AlertNotice, alertNotice } from './alert-notice.ts';
import { type AlertNews, type Cache, type CacheStats, detectionTtlMs, maxAlertsPerCamera } from './cache.ts';
import { NewestCaptures } from './newest-captures.ts';

export interface MemoryCacheOptions {
  readonly clock: Clock;
  /** Detections that stand at a time; the oldest make room, before their time. */
  readonly maxDetections?: number;
  /** Cameras of which a newest detection, or alerts, stand; the one longest without news makes room. */
  readonly maxCameras?: number;
}

interface Standing {
  readonly detection: AssessedDetection;
  /** Monotonic ms until which it stands. */
  readonly dueMs: number;
}

/** The cache of a service that has no Redis: the same keys, with the same times to live, in this process alone. */
export class MemoryCache implements Cache {
  readonly #clock: Clock;
  readonly #maxDetections: number;
  readonly #maxCameras: number;
  readonly #newest: NewestCaptures;
  /** By request; the one that ends first first. */
  readonly #detections = new Map<string, Standing>();
  /** By camera; likewise. */
  readonly #latest = new Map<string, Standing>();
  /** By camera, each newest first; the camera longest without a new one first. */
  readonly #alerts = new Map<string, readonly AlertNotice[]>();
  #detectionCount = 0;
  #alertCount = 0;
  #full = 0;
  #closedOut = 0;
  #closed = false;

  constructor({ clock, maxDetections = 2000, maxCameras = 1024 }: MemoryCacheOptions) {
    this.#clock = clock;
    this.#maxDetections = maxDetections;
    this.#maxCameras = maxCameras;
    this.#newest = new NewestCaptures(clock, detectionTtlMs, maxCameras);
  }

  async putDetection(detection: AssessedDetection): Promise<void> {
    if (this.#isClosed()) return;
    const { cameraId, requestId, timestamp } = detection;
    const standing = { detection, dueMs: this.#clock.monotonicMs() + detectionTtlMs };
    this.#forgetOutdated();
    putLast(this.#detections, requestId, standing);
    this.#full += trim(this.#detections, this.#maxDetections);
    if (this.#newest.add(cameraId, timestamp)) {
      putLast(this.#latest, cameraId, standing);
      trim(this.#latest, this.#maxCameras);
    }
    this.#detectionCount += 1;
  }

  noteAlert(event: AlertNews): void {
    const notice = alertNotice(event);
    if (notice === undefined || this.#isClosed()) return;
    const others = this.#alerts.get(notice.cameraId) ?? [];
    putLast(this.#alerts, notice.cameraId, [notice, ...others].slice(0, maxAlertsPerCamera));
    trim(this.#alerts, this.#maxCameras);
    this.#alertCount += 1;
  }

  async latest(cameraId: string): Promise<AssessedDetection | undefined> {
    this.#forgetOutdated();
    return this.#latest.get(cameraId)?.detection;
  }

  async detection(requestId: string): Promise<AssessedDetection | undefined> {
    this.#forgetOutdated();
    return this.#detections.get(requestId)?.detection;
  }

  async alerts(cameraId: string): Promise<readonly AlertNotice[]> {
    return this.#alerts.get(cameraId) ?? [];
  }

  stats(): CacheStats {
    return {
      state: { state: this.#closed ? 'closed' : 'in-process' },
      detections: this.#detectionCount,
      alerts: this.#alertCount,
      waiting: 0,
      dropped: { full: this.#full, expired: 0, refused: 0, closed: this.#closedOut },
      errors: new Map(),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#detections.clear();
    this.#latest.clear();
    this.#alerts.clear();
  }

  #isClosed(): boolean {
    if (this.#closed) this.#closedOut += 1;
    return this.#closed;
  }

  #forgetOutdated(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const standings of [this.#detections, this.#latest]) {
      for (const [key, { dueMs }] of standings) {
        if (dueMs > nowMs) break;
        standings.delete(key);
      }
    }
  }
}

/** Puts an entry behind all others, wherever one of its key stood. */
function putLast<Value>(entries: Map<string, Value>, key: string, value: Value): void {
  entries.delete(key);
  entries.set(key, value);
}

/** Lets the first go until there are no more than `max`; gives how many went. */
function trim(entries: Map<string, unknown>, max: number): number {
  let gone = 0;
  for (const key of entries.keys()) {
    if (entries.size <= max) break;
    entries.delete(key);
    gone += 1;
  }
  return gone;
}
