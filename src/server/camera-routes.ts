/** `/api/cameras`: the cameras that run. */
import type { CameraRegistry } from '../camera/camera-registry.ts';
import type { Clock } from '../time/clock.ts';
import { cameraListEntry } from './camera-state.ts';
import { json } from './reply.ts';
import type { Route } from './route.ts';

export function cameraRoutes(registry: CameraRegistry, clock: Clock): Route[] {
  const list = () => {
    const nowMs = clock.nowMs();
    return json({ cameras: registry.list().flatMap((camera) => cameraListEntry(camera, nowMs) ?? []) });
  };
  return [{ method: 'GET', path: '/api/cameras', role: 'viewer', handle: list }];
}
