import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { installedPath } from '../config/installation.ts';
import type { CameraConfig, configSchema } from '../config/schema.ts';
import { stateFolder } from '../config/state-folder.ts';
import { RoadwatchError } from '../errors.ts';

/** Often enough that people are seen to move. */
const demoIntervalMs = 500;

/** The clips of the installation, in the order of their names. Throws `demo-missing` where there are none. */
export function demoClips(): string[] {
  const folder = installedPath('demo');
  const clips = readdirSync(folder)
    .filter((name) => name.endsWith('.mp4'))
    .sort();
  if (clips.length === 0) throw new RoadwatchError('demo-missing', `expected .mp4 files in ${folder}, found none`);
  return clips.map((name) => installedPath('demo', name));
}

type DemoCamera = Required<Pick<CameraConfig, 'id' | 'url' | 'name'>>;

/** Cameras that play the clips in turn. */
export function demoCameras(clips: readonly string[], count: number): DemoCamera[] {
  return Array.from({ length: count }, (_, index) => {
    const url = clips[index % clips.length] ?? '';
    const round = Math.floor(index / clips.length);
    const name = basename(url, '.mp4');
    return { id: `demo-${index + 1}`, url, name: round === 0 ? name : `${name} (${round + 1})` };
  });
}

/** Settings of the demo: files are allowed, nobody has to log in, few lines are logged, and the service's own cameras do not run. */
export function demoSettings(cameras: readonly DemoCamera[]): z.input<typeof configSchema> {
  return {
    allowFiles: true,
    accounts: { databasePath: ':memory:' },
    cameras: [...cameras],
    camerasFile: join(stateFolder(), 'demo-cameras.json'),
    analysis: { intervalMs: demoIntervalMs },
    log: { level: 'warn' },
  };
}
