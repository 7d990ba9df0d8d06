/** `roadwatch cameras`: changes the file that keeps them, whether a service runs or not. */
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { shownAddress } from '../camera/address-secrets.ts';
import { BadCameraError, checkCamera } from '../camera/check-camera.ts';
import { KeptCameras } from '../camera/kept-cameras.ts';
import { CameraStore } from '../camera/store/camera-store.ts';
import type { CameraConfig, Config } from '../config/schema.ts';
import { readYamlFile } from '../config/yaml-file.ts';
import { RoadwatchError } from '../errors.ts';
import { realClock } from '../time/clock.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';

interface AddFlags extends ConfigFlags {
  readonly name?: string;
  readonly interval?: number;
  readonly priority?: number;
  readonly transport?: 'tcp' | 'udp';
  readonly disabled?: boolean;
}

/** Opens what is kept, to look at it or to change it; trouble is said on stderr. */
export async function openKept(
  flags: ConfigFlags,
  purpose: 'look' | 'change',
): Promise<{ config: Config; store: CameraStore; kept: KeptCameras }> {
  const config = loadFromFlags(flags);
  const store = new CameraStore({
    path: config.camerasFile,
    clock: realClock,
    onTrouble: (code, message) => complain(`roadwatch: ${code}: ${message}`),
    readOnly: purpose === 'look',
  });
  return { config, store, kept: await KeptCameras.open({ store, config }) };
}

export async function listCameras(flags: ConfigFlags & { readonly json?: boolean }): Promise<ExitCode> {
  const { config, kept } = await openKept(flags, 'look');
  const shown = kept.all.map(({ camera, ...where }) => ({ ...camera, url: shownAddress(camera.url), ...where }));
  if (flags.json) {
    await printLine(JSON.stringify({ cameras: shown }));
    return exitCodes.ok;
  }
  for (const camera of shown) {
    const seconds = (camera.intervalMs ?? config.analysis.intervalMs) / 1000;
    const remarks = [
      `every ${seconds} s`,
      ...(camera.zones.length > 0 ? [`${camera.zones.length} zones`] : []),
      ...(camera.origin === 'file' ? ['from the configuration file'] : []),
      ...(camera.enabled ? [] : ['disabled']),
      ...(camera.shadowed ? ['does not run: the configuration file has this id'] : []),
    ];
    const name = camera.name === undefined ? '' : ` (${camera.name})`;
    await printLine(`${camera.id}${name}: ${camera.url}, ${remarks.join(', ')}`);
  }
  return exitCodes.ok;
}

export async function addCamera(id: string, address: string, flags: AddFlags): Promise<ExitCode> {
  const { store, kept } = await openKept(flags, 'change');
  const { name, interval, priority, transport, disabled } = flags;
  await kept.add({
    id,
    // On a command line, others on the machine could read the password.
    url: address === '-' ? (await text(process.stdin)).trim() : address,
    ...(name === undefined ? {} : { name }),
    ...(interval === undefined ? {} : { intervalMs: interval }),
    ...(priority === undefined ? {} : { priority }),
    ...(transport === undefined ? {} : { transport }),
    ...(disabled ? { enabled: false } : {}),
  });
  sayKept(store);
  return exitCodes.ok;
}

export async function removeCameras(ids: readonly string[], flags: ConfigFlags): Promise<ExitCode> {
  const { store, kept } = await openKept(flags, 'change');
  for (const id of ids) await kept.remove(id);
  sayKept(store);
  return exitCodes.ok;
}

export async function importCameras(
  file: string,
  flags: ConfigFlags & { readonly replace?: boolean },
): Promise<ExitCode> {
  const { config, store, kept } = await openKept(flags, 'change');
  const cameras = readCameras(file, config.allowFiles);
  await kept.addAll(cameras, flags.replace === true);
  sayKept(store);
  const inFile = new Set(config.cameras.map(({ id }) => id));
  const shadowed = cameras.filter(({ id }) => inFile.has(id)).map(({ id }) => id);
  if (shadowed.length > 0) {
    complain(`${shadowed.join(', ')}: the configuration file has them, too, and counts until they are removed there`);
  }
  return exitCodes.ok;
}

export async function exportCameras(
  flags: ConfigFlags & { readonly format: 'yaml' | 'json'; readonly withSecrets?: boolean },
): Promise<ExitCode> {
  const { kept } = await openKept(flags, 'look');
  const cameras = kept.all
    .filter(({ shadowed }) => !shadowed)
    .map(({ camera }) => (flags.withSecrets ? camera : { ...camera, url: shownAddress(camera.url) }));
  await printLine(flags.format === 'json' ? JSON.stringify({ cameras }, null, 2) : stringify({ cameras }).trimEnd());
  return exitCodes.ok;
}

/** The cameras of a file. Throws `BadCameraError` with everything that is wrong with it. */
function readCameras(file: string, allowFiles: boolean): CameraConfig[] {
  const { tree, problems, placeOf } = readYamlFile(file, process.cwd());
  if (problems.length > 0) {
    throw new BadCameraError(problems.map(({ place, message }) => ({ field: place, message })));
  }
  const listed = Array.isArray(tree) ? tree : (tree as { readonly cameras?: unknown }).cameras;
  if (!Array.isArray(listed)) throw new RoadwatchError('bad-camera', `${file}: expected a list \`cameras\``);
  const faults: { field: string; message: string }[] = [];
  const cameras: CameraConfig[] = [];
  for (const [index, entry] of listed.entries()) {
    try {
      cameras.push(checkCamera(entry, allowFiles));
    } catch (error) {
      if (!(error instanceof BadCameraError)) throw error;
      const path = Array.isArray(tree) ? [index] : ['cameras', index];
      for (const { field, message } of error.problems) {
        faults.push({ field: `${placeOf(path)} cameras[${index}].${field}`, message });
      }
    }
  }
  if (faults.length > 0) throw new BadCameraError(faults);
  return cameras;
}

function sayKept(store: CameraStore): void {
  complain(`kept in ${store.path}; a service that runs takes it over within seconds`);
}
