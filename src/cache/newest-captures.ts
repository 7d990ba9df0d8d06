import type { Clock } from '../time/clock.ts';

/**
 * Knows which detection of a camera is the newest by capture: joins end in another order, and one that has waited long must
 * not take the place of a newer one. A capture counts for `ttlMs`, so that a camera whose clock was set back is not held up
 * longer than what stands in the cache. Bounded by `maxCameras`.
 */
export class NewestCaptures {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #maxCameras: number;
  /** Longest untouched first. */
  readonly #cameras = new Map<string, { readonly capturedAtMs: number; readonly dueMs: number }>();

  constructor(clock: Clock, ttlMs: number, maxCameras: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#maxCameras = maxCameras;
  }

  /** True where no later capture of the camera is known; `timestamp` is ISO 8601. */
  add(cameraId: string, timestamp: string): boolean {
    const capturedAtMs = Date.parse(timestamp);
    const nowMs = this.#clock.monotonicMs();
    const known = this.#cameras.get(cameraId);
    if (known !== undefined && known.dueMs > nowMs && known.capturedAtMs > capturedAtMs) return false;
    this.#cameras.delete(cameraId);
    this.#cameras.set(cameraId, { capturedAtMs, dueMs: nowMs + this.#ttlMs });
    if (this.#cameras.size > this.#maxCameras) this.#cameras.delete(this.#cameras.keys().next().value as string);
    return true;
  }
}
