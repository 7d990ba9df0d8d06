/** The store of accounts on the thread that asks: for the command line, which has nothing else to do meanwhile. */
import type { AuditEntry, AuditPage } from '../audit.ts';
import type { AuthChange, AuthRecords } from '../auth-change.ts';
import type { AuthDatabase } from './auth-database.ts';
import type { AuthStore } from './auth-store.ts';

export class DirectAuthStore implements AuthStore {
  readonly #database: AuthDatabase;

  constructor(database: AuthDatabase) {
    this.#database = database;
  }

  async load(): Promise<AuthRecords> {
    return this.#database.load();
  }

  async changedElsewhere(): Promise<AuthRecords | undefined> {
    return this.#database.changedElsewhere();
  }

  async write(changes: readonly AuthChange[], audit: readonly AuditEntry[]): Promise<void> {
    this.#database.write(changes, audit);
  }

  async audit(limit: number, before?: number): Promise<AuditPage> {
    return this.#database.audit(limit, before);
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}
