/** Opens the cameras that are kept, and has them run. */
import type { CameraRegistry } from './camera/camera-registry.ts';
import { KeptCameras } from './camera/kept-cameras.ts';
import { CameraStore, type CameraStoreOptions } from './camera/store/camera-store.ts';
import type { Config } from './config/schema.ts';
import type { Log, RepeatedLines } from './log.ts';
import { realClock } from './time/clock.ts';

/** Reads what is kept; what is wrong with it is told, and keeps nothing from starting. */
export function openKeptCameras(config: Config, onTrouble: CameraStoreOptions['onTrouble']): Promise<KeptCameras> {
  const store = new CameraStore({ path: config.camerasFile, clock: realClock, onTrouble });
  return KeptCameras.open({ store, config });
}

/** Runs them, now and as they change: on the page, or by `roadwatch cameras`. */
export function runKeptCameras(kept: KeptCameras, registry: CameraRegistry, log: Log, lines: RepeatedLines): void {
  const run = () => {
    const { wanted } = kept;
    registry.keep(wanted);
    for (const { id } of wanted) {
      const refusal = registry.refusalOf(id);
      if (refusal === undefined) continue;
      const fields = { cameraId: id, code: refusal.code };
      lines.write('error', `camera ${id} ${refusal.code}`, fields, `camera ${id}: ${refusal.message}`);
    }
  };
  run();
  for (const { camera, shadowed } of kept.all) {
    if (!shadowed) continue;
    const { id } = camera;
    log.warn({ cameraId: id }, `camera ${id} is kept and stands in the configuration file, too: the latter counts`);
  }
  kept.onChange(run);
  kept.watch();
}
