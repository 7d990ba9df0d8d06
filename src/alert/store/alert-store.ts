/** Where alerts are kept, as the service sees it. Every call may reject with a RoadwatchError that says what is wrong. */
import type { Alert } from '../alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../alert-filter.ts';
import type { StoreStats } from './alert-database.ts';

export interface AlertStore {
  /** Resolves when the alert is on disk; `picture` is JPEG in base64. */
  save(alert: Alert, picture?: string): Promise<void>;
  find(id: string): Promise<Alert | undefined>;
  /** JPEG. */
  picture(id: string): Promise<Uint8Array | undefined>;
  list(filter: AlertFilter, limit: number, after?: AlertCursor): Promise<AlertPage>;
  /** Alerts last seen then (UTC ms) or later. */
  seenSince(sinceMs: number): Promise<readonly Alert[]>;
  /** Removes what is too old or too much at this time (UTC ms); resolves with how many alerts that were. */
  prune(nowMs: number): Promise<number>;
  /** As the last answer told. */
  stats(): StoreStats;
  /** Resolves when everything is written and the file is closed. Safe to call twice. */
  close(): Promise<void>;
}
