/** What the engine is told of a camera. */
import type { CameraConfig, Config } from '../config/schema.ts';
import type { NativeCameraOptions } from '../native.ts';

type CameraSettings = Pick<CameraConfig, 'id' | 'url'> & Partial<CameraConfig>;

/** The camera's own settings, else those of all. */
export function nativeOptions(
  camera: CameraSettings,
  { source, analysis, allowFiles }: Pick<Config, 'source' | 'analysis' | 'allowFiles'>,
): NativeCameraOptions {
  const { sceneGating } = analysis;
  return {
    cameraId: camera.id,
    url: camera.url,
    allowFiles,
    transport: camera.transport ?? source.transport,
    connectTimeoutMs: source.connectTimeoutMs,
    readTimeoutMs: source.readTimeoutMs,
    intervalMs: camera.intervalMs ?? analysis.intervalMs,
    priority: camera.priority ?? 1,
    zones: (camera.zones ?? []).map(({ kind, points }) => ({ kind, points })),
    maxReuseMs: sceneGating.enabled ? Math.round(sceneGating.maxReuseSeconds * 1000) : 0,
    decodePolicy: camera.decodePolicy ?? analysis.decodePolicy,
    hardwareDecode: camera.hardwareDecode ?? analysis.hardwareDecode,
    playback: 'live',
  };
}

/** What it takes to make one of the other: a new connection, another tuning, or nothing. */
export function changeOf(before: NativeCameraOptions, after: NativeCameraOptions): 'stream' | 'tuning' | 'none' {
  const { intervalMs: _interval, priority: _priority, zones: _zones, ...stream } = before;
  const same = (key: string) => isSame(before[key as never], after[key as never]);
  if (!Object.keys(stream).every(same)) return 'stream';
  return ['intervalMs', 'priority', 'zones'].every(same) ? 'none' : 'tuning';
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
