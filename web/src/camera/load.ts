import type { CameraListEntry } from '../../../src/server/messages.ts';

/** Rounding is no stretch. */
const tolerance = 1.02;

/** Whether a camera is analysed more rarely than configured, because there is more to do than the machine can do. */
export function isStretched({
  intervalMs,
  configuredIntervalMs,
}: Pick<CameraListEntry, 'intervalMs' | 'configuredIntervalMs'>): boolean {
  return intervalMs > tolerance * configuredIntervalMs;
}
