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

type OnDropped = (reason: 'full' | 'expired', write: Write) => void;

export class WriteQueue {
  readonly #maxWaiting: number;
  readonly #onDropped: OnDropped;
  /** Oldest first. */
  #writes: Write[] = [];

  constructor(maxWaiting: number, onDropped: OnDropped) {
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
    while (older.length > room) this.#dropAt(older, firstDetection(older));
    this.#writes = [...older, ...this.#writes];
  }

  /** False where everything that waits is worth more than what comes. */
  #makeRoom(coming: Write): boolean {
    const ofCamera = this.#writes.findIndex(
      ({ kind, cameraId }) => kind === 'detection' && cameraId === coming.cameraId,
    );
    if (coming.kind === 'detection' && !this.#writes.some(({ kind }) => kind === 'detection')) {
      this.#onDropped('full', coming);
      return false;
    }
    this.#dropAt(this.#writes, ofCamera < 0 ? firstDetection(this.#writes) : ofCamera);
    return true;
  }

  #dropAt(writes: Write[], index: number): void {
    for (const write of writes.splice(index, 1)) this.#onDropped('full', write);
  }

  #dropOutdated(nowMs: number): void {
    const isOutdated = (write: Write) => write.kind === 'detection' && write.dueMs <= nowMs;
    const outdated = this.#writes.filter(isOutdated);
    if (outdated.length === 0) return;
    this.#writes = this.#writes.filter((write) => !isOutdated(write));
    for (const write of outdated) this.#onDropped('expired', write);
  }
}

/** The place of the oldest detection; that of the oldest alert where there are alerts alone. */
function firstDetection(writes: readonly Write[]): number {
  return Math.max(
    0,
    writes.findIndex(({ kind }) => kind === 'detection'),
  );
}
