/** A camera's connection as the wire tells it. */
import type { CameraSummary } from '../camera/camera-registry.ts';
import type { ConnectionState } from '../native.ts';
import type { CameraListEntry, CameraStateData } from './messages.ts';

export function cameraState(cameraId: string, connection: ConnectionState | undefined, nowMs: number): CameraStateData {
  if (connection === undefined) return { cameraId, state: 'removed', sinceMs: nowMs };
  const { state, sinceMs } = connection;
  return {
    cameraId,
    state,
    sinceMs,
    ...('fault' in connection ? { reason: connection.fault } : {}),
    ...('nextTryMs' in connection ? { nextTryMs: connection.nextTryMs } : {}),
    ...('attempt' in connection ? { attempt: connection.attempt } : {}),
  };
}

/** A running camera for the list; none before the engine knows it. */
export function cameraListEntry({ stats, ...camera }: CameraSummary, nowMs: number): CameraListEntry | undefined {
  if (stats === undefined) return undefined;
  const { connection, packets: _packets, bytes: _bytes, ...figures } = stats;
  return { ...cameraState(camera.cameraId, connection, nowMs), ...figures, ...camera };
}
