/** Writes what a box keeps into one file, while the service runs or not. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { errorCode, RoadwatchError } from '../errors.ts';
import { openBeside } from '../sqlite/open-beside.ts';
import { storeError } from '../sqlite/store-error.ts';
import { pack } from './archive.ts';
import { type BackupFile, type BoxFiles, filesOf } from './contents.ts';
import { describeFiles, type Manifest, manifestName } from './manifest.ts';

export interface BackupOptions {
  readonly box: BoxFiles;
  /** The file to make; beside it there must be room for a copy of what it holds. */
  readonly out: string;
  /** Of the program. */
  readonly version: string;
  /** Passwords and keys, too: the configuration, and all that is kept. */
  readonly withSecrets: boolean;
  readonly nowMs: number;
}

export interface Backup {
  readonly manifest: Manifest;
  /** Stores that a running service has for itself, and that are therefore not in it: names. */
  readonly held: readonly string[];
}

/** Resolves with what is in it. Throws RoadwatchError `file-exists`, `nothing-kept`, and what stores and tar say. */
export async function makeBackup({ box, out, version, withSecrets, nowMs }: BackupOptions): Promise<Backup> {
  if (existsSync(out)) throw new RoadwatchError('file-exists', `${out} is there already`);
  const files = filesOf(box, withSecrets);
  if (files.length === 0) throw new RoadwatchError('nothing-kept', `nothing is kept in ${box.stateFolder}`);
  const stage = mkdtempSync(join(dirname(out), '.roadwatch-backup-'));
  try {
    const held = await copyFiles(files, stage);
    const madeAt = new Date(nowMs).toISOString();
    const names = files.map(({ name }) => name).filter((name) => !held.includes(name));
    const manifest = await describeFiles(stage, names, { version, madeAt, withSecrets });
    writeFileSync(join(stage, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);
    const unfinished = join(stage, 'backup.tar.gz');
    await pack(stage, unfinished, [manifestName, ...names]);
    chmodSync(unfinished, 0o600);
    renameSync(unfinished, out);
    return { manifest, held };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** Gives the names of those that somebody has for himself. */
async function copyFiles(files: readonly BackupFile[], stage: string): Promise<string[]> {
  const held: string[] = [];
  for (const { path, name, isStore } of files) {
    const copy = join(stage, name);
    mkdirSync(dirname(copy), { recursive: true });
    try {
      if (isStore) await copyStore(path, copy);
      else copyFileSync(path, copy);
    } catch (error) {
      if (errorCode(error) !== 'store-busy') throw error;
      held.push(name);
    }
  }
  return held;
}

/** As it is at one moment, although it is written meanwhile. */
async function copyStore(path: string, copy: string): Promise<void> {
  let database: Database.Database | undefined;
  try {
    // Throws where somebody has it for himself: the copying would end without a file.
    database = openBeside(path);
    await database.backup(copy);
  } catch (error) {
    throw storeError(error, path, 'store');
  } finally {
    database?.close();
  }
}
