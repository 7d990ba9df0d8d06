/**
 * What waits to be written, in order, bounded. When it is full, newer news of a camera takes the place of its oldest;
 * alerts go last of all. Knows nothing of where it is written to.
 */
import type { AssessedDetection } from '../aggregate/assessed.ts';
import type { AlertNotice } from './alert-notice.ts';

export interface DetectionWrite {
  readonly kind: 'detection';
  readonly cameraId: string;
  readonly detection: AssessedDetection;
  /** No later capture of the camera is known. */
  readonly isNewest: boolean;
  /** Monotonic ms from which it is out of date. */
  readonly dueMs: number;
}

export interface AlertWrite {
  readonly kind: 'alert';
  readonly cameraId: string;
  readonly notice: AlertNotice;
}

export type Write = DetectionWrite | AlertWrite;

export class WriteQueue {
  readonly #maxWaiting: number;
  readonly #onDropped: (reason: 'full' | 'expired') => void;
  /** Oldest first. */
  #writes: Write[] = [];

  constructor(maxWaiting: number, onDropped: (reason: 'full' | 'expired') => void) {
    this.#maxWaiting = maxWaiting;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#writes.length;
  }

  add(write: Write): void {
    if (this.#writes.length >= this.#maxWaiting && !this.#makeRoom(write)) return;
    this.#writes.push(write);
  }

  /** Takes the oldest, at most `max`; what is out of date at `nowMs` (monotonic) is left out. */
  take(max: number, nowMs: number): Write[] {
    this.#dropOutdated(nowMs);
    return this.#writes.splice(0, max);
  }

  /** Takes everything. */
  takeAll(): Write[] {
    return this.#writes.splice(0);
  }

  /** Gives back what was taken and could not be written: it is the oldest again. */
  giveBack(writes: readonly Write[]): void {
    const room = this.#maxWaiting - this.#writes.length;
    const older = [...writes];
    while (older.length > room) {
      older.splice(firstDetection(older), 1);
      this.#onDropped('full');
    }
    this.#writes = [...older, ...this.#writes];
  }

  /** False where everything that waits is worth more than what comes. */
  #makeRoom(coming: Write): boolean {
    const ofCamera = this.#writes.findIndex(
      ({ kind, cameraId }) => kind === 'detection' && cameraId === coming.cameraId,
    );
    this.#onDropped('full');
    if (coming.kind === 'detection' && !this.#writes.some(({ kind }) => kind === 'detection')) return false;
    this.#writes.splice(ofCamera < 0 ? firstDetection(this.#writes) : ofCamera, 1);
    return true;
  }

  #dropOutdated(nowMs: number): void {
    const current = this.#writes.filter((write) => write.kind === 'alert' || write.dueMs > nowMs);
    for (let gone = this.#writes.length - current.length; gone > 0; gone -= 1) this.#onDropped('expired');
    this.#writes = current;
  }
}

/** The place of the oldest detection; that of the oldest alert where there are alerts alone. */
function firstDetection(writes: readonly Write[]): number {
  return Math.max(
    0,
    writes.findIndex(({ kind }) => kind === 'detection'),
  );
}
