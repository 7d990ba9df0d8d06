/** How large a database file and its log may become. */
import type Database from 'better-sqlite3';

/** SQLite's own limit. */
const mostPages = 4_294_967_294;

/** Whether a file grows with what comes, up to a limit, or holds what comes in the room of what was removed. */
export class FileGrowth {
  readonly #database: Database.Database;
  readonly #maxPages: number;
  #isAllowed = true;

  /** What does not fit into `maxFileBytes` is refused as on a full disk; unless given, there is no limit. */
  constructor(database: Database.Database, maxFileBytes: number | undefined) {
    this.#database = database;
    this.#maxPages = maxFileBytes === undefined ? mostPages : Math.ceil(maxFileBytes / this.#pragma('page_size'));
    this.allow();
  }

  /** Whether the file may become larger. */
  get isAllowed(): boolean {
    return this.#isAllowed;
  }

  /**
   * What comes from now on has to find room inside the file, where that of what was removed is: growing would take the room
   * that the log needs to write anything down.
   */
  stop(): void {
    this.#database.pragma(`max_page_count = ${this.#pragma('page_count')}`);
    this.#isAllowed = false;
  }

  allow(): void {
    this.#database.pragma(`max_page_count = ${this.#maxPages}`);
    this.#isAllowed = true;
  }

  #pragma(name: string): number {
    return Number(this.#database.pragma(name, { simple: true }));
  }
}

/** Brings the log's content into the file, as far as that goes, and gives its room back to the disk. */
export function shrinkLog(database: Database.Database): void {
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
  } catch {
    // A disk that has no room for that either is told of by the next write.
  }
}
