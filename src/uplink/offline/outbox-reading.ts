/**
 * The outbox's file, opened to be looked at while no service has it: nothing of it is changed, not even the log that a
 * crash has left is brought into it. A service that starts meanwhile waits for the file, and tries again every two seconds.
 */
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { errorCode, RoadwatchError } from '../../errors.ts';
import { storeError } from '../../sqlite/store-error.ts';
import { expectTables } from '../store/outbox-file.ts';
import { storeName } from '../store/outbox-opener.ts';
import { outboxForm } from '../store/outbox-tables.ts';
import { emptyTotals, type Totals } from '../store/outbox-totals.ts';
import { QueueTables, storedTotals } from '../store/queue-tables.ts';
import { holderOf } from './file-holder.ts';

export class OutboxReading {
  readonly path: string;
  /** Reads; what would write fails. */
  readonly tables: QueueTables;
  /** What is wrong with the totals, where they cannot be read: those of `tables` are then all zero. */
  readonly totalsFault: RoadwatchError | undefined;
  readonly #database: Database.Database;

  /**
   * Throws RoadwatchError: `no-outbox` where there is no file, `store-busy` where somebody has it, `store-damaged` where its
   * tables cannot be read at all, and what else `storeError` says.
   */
  constructor(path: string) {
    this.path = path;
    expectFile(path);
    try {
      this.#database = openToRead(path);
    } catch (error) {
      throw readingError(error, path);
    }
    try {
      expectTables(this.#database, path);
      const { totals, fault } = totalsOf(this.#database, path);
      this.tables = new QueueTables(this.#database, path, totals);
      this.totalsFault = fault;
    } catch (error) {
      this.#database.close();
      throw readingError(error, path);
    }
  }

  get totals(): Readonly<Totals> {
    return this.tables.totals;
  }

  /** What file and log take on the disk. */
  get fileBytes(): number {
    return fileBytes(this.path);
  }

  /** What SQLite finds wrong with its own structures, at most so much of it. Reads the whole file. */
  structureFaults(limit: number): string[] {
    const found = this.#database.prepare<[], string>(`PRAGMA integrity_check(${limit})`).pluck().all();
    return found.flatMap((text) => text.split('\n')).filter((line) => line !== 'ok' && !line.startsWith('***'));
  }

  /** Safe to call twice. */
  close(): void {
    this.#database.close();
  }
}

/** Throws `no-outbox`. */
export function expectFile(path: string): void {
  if (existsSync(path)) return;
  throw new RoadwatchError(
    'no-outbox',
    `outbox ${path}: there is no such file; expected that of uplink.outboxPath or --file (systemd's is in /var/lib/roadwatch)`,
  );
}

/** What file and log take on the disk. */
export function fileBytes(path: string): number {
  return [path, `${path}-wal`].reduce((sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** An error of SQLite's or the system's as ours; one that says that somebody has the file says who. */
export function readingError(error: unknown, path: string): RoadwatchError {
  const fault = storeError(error, path, storeName);
  if (fault.code !== 'store-busy') return fault;
  const holder = holderOf(path);
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  const what = holder?.command === undefined ? '' : ` (${holder.command})`;
  return new RoadwatchError('store-busy', `outbox ${path}: ${who} has it${what}`, { cause: error });
}

/**
 * A file without a log is locked for us alone: there is nothing then that closing could change, and no index of the log is
 * left behind. One with a log is opened for reading alone, since whoever may write brings the log into the file.
 */
function openToRead(path: string): Database.Database {
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const database = new Database(path, { readonly: hasLog, fileMustExist: true, timeout: 0 });
  try {
    if (!hasLog) database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('query_only = ON');
    database.pragma('trusted_schema = OFF');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function totalsOf(
  database: Database.Database,
  path: string,
): { readonly totals: Totals; readonly fault?: RoadwatchError } {
  try {
    return { totals: storedTotals(database, path) };
  } catch (error) {
    const fault = storeError(error, path, storeName);
    if (errorCode(fault) !== 'store-damaged') throw fault;
    return { totals: emptyTotals(outboxForm), fault };
  }
}
