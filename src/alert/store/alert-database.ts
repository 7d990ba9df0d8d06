/**
 * The alert history as one SQLite file. Synchronous: it runs in the store's worker. A commit is on disk when it returns
 * (WAL, synchronous=FULL), and a process that is killed at any moment leaves a file that opens by itself.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { RoadwatchError } from '../../errors.ts';
import { FileGrowth, shrinkLog } from '../../sqlite/file-growth.ts';
import type { Alert } from '../alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../alert-filter.ts';
import { type AlertRow, alertOf, rowOf } from './alert-row.ts';
import { listQuery } from './list-query.ts';
import { migrations } from './migrations.ts';

/** How long a lock of another program is waited for. */
const busyTimeoutMs = 2000;
/** Pages of the write-ahead log after which it is brought into the file: about a megabyte. */
const checkpointPages = 256;
/** What the log keeps of the disk when it is empty. */
const maxIdleLogBytes = 1_048_576;
/** Alerts that are removed in one commit: new ones don't wait long for it. */
const removedAtOnce = 200;
/** On a full disk: alerts of one commit, and commits. */
const removedForRoom = 10;
const roomRounds = 10;
/** Over its limit the store is emptied to this share of it, so that it isn't over it again at once. */
const lowWater = 0.95;
/** Free room inside the file that is kept for what comes next, as a share of it. */
const maxFreeShare = 0.25;
const pagesGivenBackAtOnce = 2000;
/** Larger pictures are not kept. */
export const maxPictureBytes = 1_048_576;

export interface RetentionLimits {
  /** Of alerts last seen. */
  readonly maxAgeMs: number;
  /** Alerts and pictures together. */
  readonly maxBytes: number;
  readonly maxAlerts: number;
}

export interface DatabaseOptions {
  readonly steps?: readonly string[];
  /** The file never grows beyond this: what does not fit then is refused as on a full disk. Unless given, no limit. */
  readonly maxFileBytes?: number;
}

export interface SavedAlert {
  readonly alert: Alert;
  /** JPEG, to take the place of the one before; unless given, that stays. */
  readonly picture?: Buffer;
}

export interface StoreStats {
  readonly alerts: number;
  /** Alerts, pictures and indexes; free pages inside the file are not counted. */
  readonly sizeBytes: number;
}

export class AlertDatabase {
  readonly growth: FileGrowth;
  readonly #database: Database.Database;
  readonly #save: Database.Statement<[AlertRow]>;
  readonly #savePicture: Database.Statement<[string, Buffer]>;
  readonly #exists: Database.Statement<[string]>;
  #alerts = 0;

  /** Opens or makes the file. Throws what SQLite throws, and RoadwatchError `store-newer`. */
  constructor(path: string, { steps = migrations, maxFileBytes }: DatabaseOptions = {}) {
    const inMemory = path === ':memory:';
    if (!inMemory) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#database = new Database(path, { timeout: busyTimeoutMs });
    try {
      // Pictures of people: for the service's own user alone. Log and index take the rights of the file.
      if (!inMemory) chmodSync(path, 0o600);
      // First, so that a file that is not ours to change is not changed.
      const taken = this.#stepsTaken(path, steps);
      this.#prepare();
      this.#migrate(steps, taken);
      this.growth = new FileGrowth(this.#database, maxFileBytes);
      this.#save = this.#database.prepare(saveSql);
      this.#savePicture = this.#database.prepare('INSERT OR REPLACE INTO pictures (alert_id, jpeg) VALUES (?, ?)');
      this.#exists = this.#database.prepare('SELECT 1 FROM alerts WHERE id = ?').pluck();
      this.#alerts = this.#countAlerts();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Writes all of them in one commit: they are on disk when this returns, or none is. */
  save(saved: readonly SavedAlert[]): void {
    let added = 0;
    this.#commit(() => {
      added = 0;
      for (const { alert, picture } of saved) {
        if (this.#exists.get(alert.id) === undefined) added += 1;
        this.#save.run(rowOf(alert));
        if (picture !== undefined) this.#savePicture.run(alert.id, picture);
      }
    });
    this.#alerts += added;
  }

  find(id: string): Alert | undefined {
    const row = this.#database.prepare<[string], AlertRow>('SELECT * FROM alerts WHERE id = ?').get(id);
    return row === undefined ? undefined : alertOf(row);
  }

  /** JPEG; undefined where there is none. */
  picture(id: string): Buffer | undefined {
    return this.#database.prepare<[string], Buffer>('SELECT jpeg FROM pictures WHERE alert_id = ?').pluck().get(id) as
      | Buffer
      | undefined;
  }

  /** At most `limit` alerts, the latest to begin first. */
  list(filter: AlertFilter, limit: number, after?: AlertCursor): AlertPage {
    const { sql, values } = listQuery(filter, limit + 1, after);
    const rows = this.#database.prepare<unknown[], AlertRow>(sql).all(...values);
    const alerts = rows.slice(0, limit).map(alertOf);
    const last = alerts.at(-1);
    if (rows.length <= limit || last === undefined) return { alerts };
    return { alerts, next: { sinceMs: last.sinceMs, id: last.id } };
  }

  /** Alerts last seen at this time (UTC ms) or later. */
  seenSince(sinceMs: number): Alert[] {
    return this.#database
      .prepare<[number], AlertRow>('SELECT * FROM alerts WHERE last_seen_ms >= ? ORDER BY last_seen_ms')
      .all(sinceMs)
      .map(alertOf);
  }

  /**
   * Removes some of what is too old or too much, the oldest first; the result is how many. `nowMs` is UTC. To be called
   * again while it removes something.
   */
  prune({ maxAgeMs, maxBytes, maxAlerts }: RetentionLimits, nowMs: number): number {
    const tooOld = this.#remove('last_seen_ms < ?', nowMs - maxAgeMs);
    if (tooOld > 0) return tooOld;
    const { alerts, sizeBytes } = this.stats();
    if (sizeBytes <= maxBytes && alerts <= maxAlerts) {
      this.#giveBack();
      return 0;
    }
    const share = Math.max(1 - (maxBytes * lowWater) / sizeBytes, 1 - (maxAlerts * lowWater) / alerts);
    const surplus = Math.max(1, Math.min(removedAtOnce, Math.ceil(alerts * share)));
    return this.#removeOldest(surplus);
  }

  /** Lets some of the oldest go, whatever the limits are, in commits so small that they need little room themselves. */
  makeRoom(): void {
    for (let round = 0; round < roomRounds; round += 1) {
      this.#removeOldest(removedForRoom);
      this.shrinkLog();
    }
  }

  /** Brings the log's content into the file, as far as that goes. */
  shrinkLog(): void {
    shrinkLog(this.#database);
  }

  /** Much free room inside the file goes back to the disk, a part of it at a time. */
  #giveBack(): void {
    if (this.#pragma('freelist_count') < maxFreeShare * this.#pragma('page_count')) return;
    this.#database.pragma(`incremental_vacuum(${pagesGivenBackAtOnce})`);
  }

  /** Removes so many of the oldest alerts. */
  #removeOldest(count: number): number {
    const oldest = 'id IN (SELECT id FROM alerts ORDER BY last_seen_ms LIMIT ?)';
    return this.#remove(oldest, count);
  }

  stats(): StoreStats {
    const pages = this.#pragma('page_count') - this.#pragma('freelist_count');
    return { alerts: this.#alerts, sizeBytes: pages * this.#pragma('page_size') };
  }

  /** Reads the whole file; throws where it is damaged. */
  check(): void {
    const found = this.#database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') {
      throw Object.assign(new Error(`quick_check says: ${String(found)}`), { code: 'SQLITE_CORRUPT' });
    }
  }

  /** Leaves one file, without a log. Safe to call twice. */
  close(): void {
    this.#database.close();
  }

  #prepare(): void {
    // Before the first table is made: lets the file give pages back.
    this.#database.pragma('auto_vacuum = INCREMENTAL');
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('foreign_keys = ON');
    this.#database.pragma('trusted_schema = OFF');
    this.#database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    this.#database.pragma(`journal_size_limit = ${maxIdleLogBytes}`);
  }

  #stepsTaken(path: string, steps: readonly string[]): number {
    const taken = this.#pragma('user_version');
    if (taken <= steps.length) return taken;
    throw new RoadwatchError(
      'store-newer',
      `alert history ${path}: expected form ${steps.length} or earlier, found ${taken}: a newer Roadwatch made it`,
    );
  }

  #migrate(steps: readonly string[], taken: number): void {
    for (const [index, step] of steps.entries()) {
      if (index < taken) continue;
      this.#commit(() => {
        this.#database.exec(step);
        this.#database.pragma(`user_version = ${index + 1}`);
      });
    }
  }

  #pragma(name: string): number {
    return Number(this.#database.pragma(name, { simple: true }));
  }

  #commit(write: () => void): void {
    this.#database.transaction(write).immediate();
  }

  #remove(condition: string, value: number): number {
    let removed = 0;
    this.#commit(() => {
      removed = this.#database
        .prepare(`DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE ${condition} LIMIT ${removedAtOnce})`)
        .run(value).changes;
    });
    this.#alerts -= removed;
    return removed;
  }

  #countAlerts(): number {
    return Number(this.#database.prepare('SELECT count(*) FROM alerts').pluck().get());
  }
}

const columns = [
  'id',
  'camera_id',
  'level',
  'since_ms',
  'last_seen_ms',
  'count',
  'revision',
  'description',
  'risk_types',
  'confidence',
  'source',
  'model',
  'request_id',
  'danger_object_count',
  'object_count',
  'classes',
  'bbox',
  'image_width',
  'image_height',
  'picture_revision',
  'acknowledged_at_ms',
  'verdict',
] as const satisfies readonly (keyof AlertRow)[];

/** A row that is there is replaced by its newer state, never by an older one. */
const saveSql = `
  INSERT INTO alerts (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})
  ON CONFLICT (id) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE excluded.revision >= alerts.revision`;
