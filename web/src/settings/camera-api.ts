/** The appliance's interface for cameras that are kept. Everything rejects as `ask()` does. */
import type { CameraSettingsData, CameraSettingsListData, CameraTestData } from '../../../src/server/messages.ts';
import { ask } from '../connection/ask.ts';

/** What is asked for takes up to the camera's patience and ten seconds of watching. */
const testTimeoutMs = 40_000;
const timeoutMs = 10_000;

export type CameraChange = Readonly<Record<string, unknown>>;

export interface TestQuestion {
  /** A kept camera: of its address, what is not given here. */
  readonly cameraId?: string;
  readonly url?: string;
  readonly transport?: string;
  readonly intervalMs?: number;
}

export const cameraApi = {
  list: () => ask<CameraSettingsListData>('/api/camera-settings', { signal: AbortSignal.timeout(timeoutMs) }),
  add: (camera: CameraChange) => send<{ camera: CameraSettingsData }>('POST', '/api/cameras', camera),
  edit: (id: string, change: CameraChange) => send<{ camera: CameraSettingsData }>('PATCH', pathOf(id), change),
  remove: (id: string) => send<object>('DELETE', pathOf(id)),
  reorder: (cameraIds: readonly string[]) => send<object>('PUT', '/api/camera-order', { cameraIds }),
  test: (question: TestQuestion) => send<CameraTestData>('POST', '/api/camera-test', question, testTimeoutMs),
  /** Address of the newest picture; `moment` makes it a new one. */
  snapshot: (id: string, moment: number) => `${pathOf(id)}/snapshot?at=${moment}`,
};

function pathOf(id: string): string {
  return `/api/cameras/${encodeURIComponent(id)}`;
}

function send<Data>(method: string, path: string, body?: object, limitMs = timeoutMs): Promise<Data> {
  return ask<Data>(path, {
    method,
    signal: AbortSignal.timeout(limitMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
