/** Where accounts are kept, as the service sees it. Every call may reject with a RoadwatchError that says what is wrong. */
import type { AuditEntry, AuditPage } from '../audit.ts';
import type { AuthChange, AuthRecords } from '../auth-change.ts';

export interface AuthStore {
  load(): Promise<AuthRecords>;
  /** What is kept, where another process has changed it since this was asked last. */
  changedElsewhere(): Promise<AuthRecords | undefined>;
  /** In one commit; resolves when it is on disk. */
  write(changes: readonly AuthChange[], audit: readonly AuditEntry[]): Promise<void>;
  /** The newest first; `before` is an entry's id. */
  audit(limit: number, before?: number): Promise<AuditPage>;
  /** Resolves when everything is written and the file is closed. Safe to call twice. */
  close(): Promise<void>;
}
