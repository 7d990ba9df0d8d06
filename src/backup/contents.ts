/** Which files of a box belong into a backup, and which of them hold secrets. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where a box keeps things. */
export interface BoxFiles {
  readonly stateFolder: string;
  /** Stores, wherever the configuration puts them; those in the state folder need not be named. */
  readonly stores: readonly string[];
  /** By the name that they have in a backup, files of the administrator. */
  readonly config: Readonly<Record<string, string>>;
}

export interface BackupFile {
  /** Where it lies. */
  readonly path: string;
  /** In the backup, below its top. */
  readonly name: string;
  /** A database, to be copied as one. */
  readonly isStore: boolean;
}

/** Of the state folder, what holds no secret: all else does, or may. */
const withoutSecrets = new Set(['alerts.db', 'outbox.db', 'llm-tokens.json', 'tuning.json', 'crashes.json']);
/** What belongs to a running process or to a database, what is made anew by itself, and what was put aside. */
const leftOut = [
  /-(wal|shm|journal|reserve)$/,
  /\.damaged-/,
  /^decoding\.marks$/,
  /^services$/,
  /^before-restore-/,
  /\.\d+$/,
];

/** What is there of it now, by name. */
export function filesOf({ stateFolder, stores, config }: BoxFiles, withAll: boolean): BackupFile[] {
  const files = new Map<string, BackupFile>();
  const add = (path: string, name: string) => files.set(name, { path, name, isStore: name.endsWith('.db') });
  for (const path of filesBelow(stateFolder)) {
    const isPublic = withoutSecrets.has(path) || path.startsWith('clips/');
    if (withAll || isPublic) add(join(stateFolder, path), `state/${path}`);
  }
  for (const path of stores) if (existsSync(path)) add(path, `state/${basename(path)}`);
  if (withAll) {
    for (const [name, path] of Object.entries(config)) if (existsSync(path)) add(path, `config/${name}`);
  }
  return [...files.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function filesBelow(folder: string, prefix = ''): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (leftOut.some((pattern) => pattern.test(entry.name))) return [];
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return filesBelow(join(folder, entry.name), `${name}/`);
    return entry.isFile() ? [name] : [];
  });
}
