/** Looks at a store's file from outside, be it that a service writes it meanwhile. */
import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { openBeside } from './open-beside.ts';
import { storeError } from './store-error.ts';

export interface StoreInspection {
  readonly path: string;
  /** `held`: a process has it for itself, and knows how it is; `unreadable`: see `reason`. */
  readonly state: 'sound' | 'damaged' | 'held' | 'unreadable' | 'absent';
  /** What is wrong, in words. */
  readonly reason?: string;
  /** File and log together; none where there is no file. */
  readonly bytes?: number;
  /** Steps that its form has taken. */
  readonly form?: number;
  /** Rows by table. */
  readonly rows?: Readonly<Record<string, number>>;
}

/** Reads all of it, which takes about a second for each few hundred megabytes. `name` says what is kept there. */
export function inspectStore(path: string, name: string): StoreInspection {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return { path, state: 'absent' };
  const bytes = size + (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  try {
    return { path, bytes, ...look(path) };
  } catch (error) {
    const { code, message } = storeError(error, path, name);
    const states: Readonly<Record<string, StoreInspection['state']>> = {
      'store-damaged': 'damaged',
      'store-busy': 'held',
    };
    return { path, bytes, state: states[code] ?? 'unreadable', reason: message };
  }
}

function look(path: string): Pick<StoreInspection, 'state' | 'reason' | 'form' | 'rows'> {
  const database = openBeside(path);
  try {
    const found = String(database.pragma('quick_check(1)', { simple: true }));
    const form = Number(database.pragma('user_version', { simple: true }));
    return found === 'ok'
      ? { state: 'sound', form, rows: rowsOf(database) }
      : { state: 'damaged', reason: found, form };
  } finally {
    database.close();
  }
}

function rowsOf(database: Database.Database): Record<string, number> {
  const tables = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    )
    .pluck()
    .all() as string[];
  const count = (table: string) => database.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number;
  return Object.fromEntries(tables.map((table) => [table, count(table)]));
}
