/**
 * The outbox's file as SQLite sees it: opened, its tables made or looked at, its log and its size kept within bounds. A
 * commit is on disk when it returns (WAL, synchronous=FULL), and a process that is killed at any moment leaves a file that
 * opens by itself. One process at a time has it open (locking_mode=EXCLUSIVE), so there is no `-shm` file.
 */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { RoadwatchError } from '../../errors.ts';
import { FileGrowth, shrinkLog } from '../../sqlite/file-growth.ts';
import { outboxForm, outboxTables } from './outbox-tables.ts';

/** Measured, see README.md: of the sizes from 4 to 64 KiB the one that suits both large and small records. */
export const pageBytes = 16_384;
/** Log after which it is brought into the file. */
const checkpointBytes = 4 * 1_048_576;
const cacheBytes = 16 * 1_048_576;
/** Free room inside the file that is kept for what comes next. */
const maxFreeBytes = 16 * 1_048_576;
const givenBackAtOnceBytes = 32 * 1_048_576;

export interface OutboxFileOptions {
  /** The file never grows beyond this: what does not fit then is refused as on a full disk. Unless given, no limit. */
  readonly maxFileBytes?: number;
}

export class OutboxFile {
  readonly database: Database.Database;
  readonly path: string;
  readonly growth: FileGrowth;

  /** Opens or makes the file. Throws what SQLite throws, and RoadwatchError `store-newer` and `store-damaged`. */
  constructor(path: string, { maxFileBytes }: OutboxFileOptions = {}) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.database = new Database(path, { timeout: 0 });
    try {
      // Pictures of people: for the service's own user alone. The log takes the rights of the file.
      chmodSync(path, 0o600);
      this.database.pragma('locking_mode = EXCLUSIVE');
      const isNew = this.#isNew();
      this.#prepare();
      if (isNew) this.#makeTables();
      expectTables(this.database, path);
      this.growth = new FileGrowth(this.database, maxFileBytes);
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /** Runs `write` in one commit: all of it is on disk when this returns, or nothing. */
  commit<Result>(write: () => Result): Result {
    return this.database.transaction(write).immediate();
  }

  /** What file and log take on the disk. */
  get fileBytes(): number {
    return sizeOf(this.path) + sizeOf(`${this.path}-wal`);
  }

  /** Room inside the file that is free for what comes. */
  get freeBytes(): number {
    return this.#pragma('freelist_count') * pageBytes;
  }

  /** Brings the log's content into the file, as far as that goes. */
  shrinkLog(): void {
    shrinkLog(this.database);
  }

  /** Much free room inside the file goes back to the disk, a part of it at a time. */
  giveBack(): void {
    if (this.freeBytes <= maxFreeBytes) return;
    const surplus = Math.min(givenBackAtOnceBytes, this.freeBytes - maxFreeBytes / 2);
    this.database.pragma(`incremental_vacuum(${Math.ceil(surplus / pageBytes)})`);
  }

  /** Reads the whole file; throws `store-damaged` where SQLite's structures are not as they should be. */
  check(): void {
    const found = this.database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw damaged(this.path, `quick_check says: ${String(found)}`);
  }

  /** Leaves one file, without a log. Safe to call twice. */
  close(): void {
    this.database.close();
  }

  #isNew(): boolean {
    return this.#pragma('user_version') === 0 && tablesOf(this.database).length === 0;
  }

  #prepare(): void {
    // Both before the first table is made; incremental: lets the file give pages back.
    this.database.pragma(`page_size = ${pageBytes}`);
    this.database.pragma('auto_vacuum = INCREMENTAL');
    const mode = this.database.pragma('journal_mode = WAL', { simple: true });
    if (mode !== 'wal') throw damaged(this.path, `expected a write-ahead log, found journal mode ${String(mode)}`);
    this.database.pragma('synchronous = FULL');
    this.database.pragma('trusted_schema = OFF');
    this.database.pragma(`wal_autocheckpoint = ${checkpointBytes / pageBytes}`);
    this.database.pragma(`journal_size_limit = ${checkpointBytes}`);
    this.database.pragma(`cache_size = -${cacheBytes / 1024}`);
  }

  #makeTables(): void {
    this.commit(() => {
      for (const table of outboxTables) this.database.exec(table);
      this.database.pragma(`user_version = ${outboxForm}`);
    });
  }

  #pragma(name: string): number {
    return Number(this.database.pragma(name, { simple: true }));
  }
}

/**
 * A file whose tables are other ones than ours is damaged, or a newer version's. Throws what SQLite throws, and
 * `store-damaged` and `store-newer`.
 */
export function expectTables(database: Database.Database, path: string): void {
  const found = Number(database.pragma('user_version', { simple: true }));
  const tables = tablesOf(database);
  const areOurs = tables.length === outboxTables.length && tables.every((sql, index) => sql === outboxTables[index]);
  if (found === outboxForm && areOurs && database.pragma('page_size', { simple: true }) === pageBytes) return;
  if (found > outboxForm && !areOurs) {
    throw new RoadwatchError(
      'store-newer',
      `outbox ${path}: expected form ${outboxForm} or earlier, found ${found}: a newer Roadwatch made it`,
    );
  }
  throw damaged(path, `its tables are not those of form ${outboxForm}`);
}

function tablesOf(database: Database.Database): string[] {
  return database.prepare<[], string>('SELECT sql FROM sqlite_schema ORDER BY rowid').pluck().all();
}

/** Something in the file is not as it was written. */
export function damaged(path: string, what: string): RoadwatchError {
  return new RoadwatchError('store-damaged', `outbox ${path}: the file is damaged: ${what}`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
