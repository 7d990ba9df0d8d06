/** A camera as it is being typed, and what the appliance is asked to keep of it. */
import type { CameraSettingsData } from '../../../src/server/messages.ts';
import { withLogin } from './address.ts';
import type { CameraChange } from './camera-api.ts';
import type { Zone } from './zone-shape.ts';

export interface CameraDraft {
  readonly id: string;
  readonly name: string;
  /** As it is shown: with *** for a login that is known. */
  readonly address: string;
  readonly user: string;
  readonly password: string;
  /** Seconds; empty: as for all cameras. */
  readonly interval: string;
  /** Empty: 1. */
  readonly priority: string;
  /** Empty: as for all cameras. */
  readonly transport: string;
  readonly enabled: boolean;
  readonly zones: readonly Zone[];
}

export function emptyDraft(id: string): CameraDraft {
  const typed = { name: '', address: '', user: '', password: '', interval: '', priority: '', transport: '' };
  return { id, ...typed, enabled: true, zones: [] };
}

export function draftOf(camera: CameraSettingsData): CameraDraft {
  return {
    ...emptyDraft(camera.id),
    name: camera.name ?? '',
    address: camera.url,
    interval: camera.intervalMs === undefined ? '' : String(camera.intervalMs / 1000),
    priority: camera.priority === undefined ? '' : String(camera.priority),
    transport: camera.transport ?? '',
    enabled: camera.enabled,
    zones: camera.zones,
  };
}

export function addressIn({ address, user, password }: CameraDraft): string {
  return withLogin(address, user, password);
}

export function intervalMsIn({ interval }: CameraDraft): number | undefined {
  return interval.trim() === '' ? undefined : Math.round(Number(interval) * 1000);
}

/** What a new camera is to be. */
export function cameraIn(draft: CameraDraft): CameraChange {
  const given = Object.entries(changeIn(draft)).filter(([, value]) => value !== null);
  return { id: draft.id.trim(), ...Object.fromEntries(given) };
}

/** What a known camera is to be; `null` for what is to be as for all. */
export function changeIn(draft: CameraDraft): CameraChange {
  return {
    url: addressIn(draft),
    name: draft.name.trim() || null,
    intervalMs: intervalMsIn(draft) ?? null,
    priority: draft.priority.trim() === '' ? null : Number(draft.priority),
    transport: draft.transport || null,
    enabled: draft.enabled,
    zones: draft.zones,
  };
}
