import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { DiskState } from './outbox-status.ts';

/** A disk that does not answer for so long does not work, for the time being. */
export const slowDiskMs = 5000;

export function slowDisk(): RoadwatchError {
  return new RoadwatchError('store-slow', `the disk has not answered for ${slowDiskMs} ms`);
}

/** What becomes of `before` when the disk fails at `nowMs` (UTC). */
export function failingDisk(before: DiskState, error: unknown, nowMs: number): DiskState {
  const sinceMs = before.state === 'failing' ? before.sinceMs : nowMs;
  return { state: 'failing', sinceMs, code: errorCode(error), message: errorMessage(error) };
}
