/** Puts a backup in the place of what a box keeps. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { RoadwatchError } from '../errors.ts';
import { inspectStore } from '../sqlite/inspect-store.ts';
import { fileStamp } from '../time/file-stamp.ts';
import { unpack } from './archive.ts';
import type { BoxFiles } from './contents.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { usersOfFolder } from './users-of-folder.ts';

/** What was replaced lies there, in the state folder; of the newest restore alone. */
const asidePrefix = 'before-restore-';
/** What SQLite has beside a database: of the old one, and not to be taken for the new one's. */
const companions = ['', '-wal', '-shm', '-reserve'];

export interface RestoreOptions {
  readonly file: string;
  /** Where this box keeps things: by the configuration of the backup, where that has one, else by its own. */
  readonly boxOf: (configFile: string | undefined) => BoxFiles;
  /** Where it is unpacked, and what is replaced is put. */
  readonly stateFolder: string;
  /** Of the program. */
  readonly version: string;
  readonly nowMs: number;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Where what was replaced lies now; none where there was nothing. */
  readonly aside?: string;
}

/**
 * Nothing is changed before everything has been proved. Throws RoadwatchError `service-runs`, `backup-damaged`, `backup-newer`,
 * and what the file system says.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { file, boxOf, stateFolder, version, nowMs } = options;
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  refuseWhileUsed([stateFolder]);
  const stage = mkdtempSync(join(stateFolder, '.restoring-'));
  try {
    await unpack(file, stage);
    const manifest = await readManifest(stage, version);
    proveStores(stage, manifest);
    const config = join(stage, 'config/roadwatch.yaml');
    const box = boxOf(existsSync(config) ? config : undefined);
    refuseWhileUsed([stateFolder, ...box.stores.map(dirname)]);
    const aside = join(stateFolder, asidePrefix + fileStamp(nowMs));
    forgetEarlier(stateFolder);
    for (const { path } of manifest.files) replace(join(stage, path), targetOf(path, box), aside);
    giveTo(stateFolder);
    return { manifest, ...(existsSync(aside) ? { aside } : {}) };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function refuseWhileUsed(folders: readonly string[]): void {
  for (const folder of new Set(folders)) {
    const [user] = existsSync(folder) ? usersOfFolder(folder) : [];
    if (user === undefined) continue;
    throw new RoadwatchError(
      'service-runs',
      `${user.name} (pid ${user.pid}) uses ${folder}: stop the service first (systemctl stop roadwatch)`,
    );
  }
}

function proveStores(stage: string, { files }: Manifest): void {
  for (const { path } of files) {
    if (!path.endsWith('.db')) continue;
    const { state, reason } = inspectStore(join(stage, path), path);
    if (state !== 'sound') throw new RoadwatchError('backup-damaged', `${path} is ${state}: ${reason}`);
  }
}

/** Where a file of the backup belongs on this box, which may put its stores elsewhere than the box that it comes from. */
function targetOf(path: string, { stateFolder, stores, config }: BoxFiles): string {
  const name = relative(path.startsWith('state/') ? 'state' : 'config', path);
  if (path.startsWith('state/')) return stores.find((store) => basename(store) === name) ?? join(stateFolder, name);
  const target = config[name];
  if (target === undefined) throw new RoadwatchError('backup-damaged', `there is no place for ${path} on this box`);
  return target;
}

function replace(source: string, target: string, aside: string): void {
  for (const end of companions) {
    if (!existsSync(target + end)) continue;
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    move(target + end, join(aside, basename(target) + end));
  }
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  move(source, target);
  chmodSync(target, 0o600);
}

/** Also to another disk, where the copy is whole before it has its name. */
function move(source: string, target: string): void {
  try {
    renameSync(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copyFileSync(source, `${target}.${process.pid}`);
    renameSync(`${target}.${process.pid}`, target);
    rmSync(source);
  }
}

function forgetEarlier(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(asidePrefix)) rmSync(join(folder, name), { recursive: true });
  }
}

/** What root has restored belongs to whom the folder belongs: the service. */
function giveTo(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    chownSync(join(folder, name), uid, gid);
}
