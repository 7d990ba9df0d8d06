import type { CameraListEntry } from '../../../src/server/messages.ts';

/** Rounding is no stretch. */
const tolerance = 1.02;

type Intervals = Pick<CameraListEntry, 'intervalMs' | 'configuredIntervalMs'>;

/** Whether a camera is analysed more rarely than configured, because there is more to do than the machine can do. */
export function isStretched(camera: Intervals): boolean {
  return stretchOf([camera]) > tolerance;
}

/** How many times as long as configured the longest interval is; 1 without cameras. */
export function stretchOf(cameras: readonly Intervals[]): number {
  return Math.max(1, ...cameras.map(({ intervalMs, configuredIntervalMs }) => intervalMs / configuredIntervalMs));
}
