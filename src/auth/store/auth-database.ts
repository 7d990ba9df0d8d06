/**
 * Accounts, sessions, tokens and the audit log as one SQLite file. Synchronous: it runs in the store's worker, or in the
 * command line. A commit is on disk when it returns (WAL, synchronous=FULL). Several processes may have it open.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { errorCode, RoadwatchError } from '../../errors.ts';
import { type Account, type MachineToken, nameKey, type Session } from '../account.ts';
import type { AuditEntry, AuditPage, AuditRecord } from '../audit.ts';
import type { AuthChange, AuthRecords } from '../auth-change.ts';
import { migrations } from './migrations.ts';

/** How its errors call it. */
export const storeName = 'store of accounts';
/** How long a lock of another program is waited for. */
const busyTimeoutMs = 2000;
const checkpointPages = 256;
const maxIdleLogBytes = 1_048_576;

export class AuthDatabase {
  readonly #database: Database.Database;
  readonly #maxAuditEntries: number;
  /** As of what was read last; SQLite's number changes when another process has written. */
  #version: number | undefined;

  /** Opens or makes the file. Throws what SQLite throws, and RoadwatchError `store-newer`. */
  constructor(path: string, maxAuditEntries: number) {
    const inMemory = path === ':memory:';
    if (!inMemory) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#maxAuditEntries = maxAuditEntries;
    this.#database = new Database(path, { timeout: busyTimeoutMs });
    try {
      // For the service's own user alone. Log and index take the rights of the file.
      if (!inMemory) chmodSync(path, 0o600);
      // First, so that a file that is not ours to change is not changed.
      this.#checkForm(path);
      this.#prepare();
      this.#migrate();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Throws where the file is damaged. */
  check(): void {
    const found = this.#database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw new RoadwatchError('store-damaged', `the file is damaged: ${String(found)}`);
  }

  load(): AuthRecords {
    this.#version = this.#pragma('data_version');
    const read = <Row>(sql: string) => this.#database.prepare<[], Row>(sql).all();
    const key = this.#database.prepare('SELECT key FROM device_key').pluck().get() as Buffer;
    return {
      accounts: read<Account>(`SELECT ${accountColumns} FROM accounts ORDER BY name_key`),
      sessions: read<Session>(`SELECT ${sessionColumns} FROM sessions ORDER BY created_ms`),
      tokens: read<TokenRow>(`SELECT ${tokenColumns} FROM tokens ORDER BY name`).map(tokenOf),
      deviceKey: key.toString('base64'),
      isReplacement: this.#count('replaced') > 0,
    };
  }

  /** What is kept, where another process has changed it since it was read last. */
  changedElsewhere(): AuthRecords | undefined {
    return this.#pragma('data_version') === this.#version ? undefined : this.load();
  }

  /**
   * In one commit: all of it is on disk when this returns, or none. Throws RoadwatchError `name-taken`, `last-admin`,
   * `set-up-already`, `unknown-account`.
   */
  write(changes: readonly AuthChange[], audit: readonly AuditEntry[]): void {
    this.#database
      .transaction(() => {
        const hadAdmin = this.#hasAdmin();
        for (const change of changes) this.#apply(change);
        if (hadAdmin && !this.#hasAdmin()) {
          throw new RoadwatchError('last-admin', 'expected another administrator to be left');
        }
        for (const entry of audit) this.#append(entry);
      })
      .immediate();
  }

  /** The newest entries first; `before` is an id. */
  audit(limit: number, before: number | undefined): AuditPage {
    const rows = this.#database
      .prepare<[number, number], AuditRecord>(
        `SELECT id, at_ms AS atMs, who, action, subject, address AS "from", outcome FROM audit
         WHERE id < ? ORDER BY id DESC LIMIT ?`,
      )
      .all(before ?? Number.MAX_SAFE_INTEGER, limit + 1);
    const entries = rows.slice(0, limit);
    const last = entries.at(-1);
    return rows.length > limit && last !== undefined ? { entries, next: last.id } : { entries };
  }

  /** This file has taken the place of a damaged one. */
  markReplacement(nowMs: number): void {
    this.#database.prepare('INSERT INTO replaced (at_ms) VALUES (?)').run(nowMs);
  }

  close(): void {
    this.#database.close();
  }

  #apply(change: AuthChange): void {
    const run = (sql: string, ...values: unknown[]) => this.#database.prepare(sql).run(...values).changes;
    switch (change.kind) {
      case 'add-account':
        this.#addAccount(change);
        return;
      case 'set-password': {
        const sql = 'UPDATE accounts SET password_hash = ?, password_changed_ms = ? WHERE id = ?';
        mustExist(run(sql, change.passwordHash, change.atMs, change.accountId), 'account');
        return;
      }
      case 'set-role':
        mustExist(run('UPDATE accounts SET role = ? WHERE id = ?', change.role, change.accountId), 'account');
        return;
      case 'remove-account':
        mustExist(run('DELETE FROM accounts WHERE id = ?', change.accountId), 'account');
        return;
      case 'add-session':
        this.#database.prepare(addSessionSql).run(change.session);
        return;
      case 'use-session':
        run('UPDATE sessions SET last_used_ms = max(last_used_ms, ?) WHERE id = ?', change.atMs, change.id);
        return;
      case 'remove-session':
        run('DELETE FROM sessions WHERE id = ?', change.id);
        return;
      case 'add-token':
        this.#insert(addTokenSql, { lastUsedMs: null, ...change.token }, change.token.name);
        return;
      case 'use-token':
        run('UPDATE tokens SET last_used_ms = ? WHERE id = ?', change.atMs, change.id);
        return;
      case 'remove-token':
        mustExist(run('DELETE FROM tokens WHERE id = ?', change.id), 'token');
    }
  }

  #addAccount({ account, first }: Extract<AuthChange, { kind: 'add-account' }>): void {
    if (first && this.#count('accounts') > 0) {
      throw new RoadwatchError('set-up-already', 'there is an account already: log in');
    }
    this.#insert(addAccountSql, { ...account, nameKey: nameKey(account.name) }, account.name);
  }

  #insert(sql: string, row: object, name: string): void {
    try {
      this.#database.prepare(sql).run(row);
    } catch (error) {
      if (errorCode(error) !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
      throw new RoadwatchError('name-taken', `there is a ${name} already`);
    }
  }

  #append(entry: AuditEntry): void {
    const { lastInsertRowid } = this.#database
      .prepare(
        `INSERT INTO audit (at_ms, who, action, subject, address, outcome)
         VALUES (@atMs, @who, @action, @subject, @from, @outcome)`,
      )
      .run(entry);
    this.#database.prepare('DELETE FROM audit WHERE id <= ?').run(Number(lastInsertRowid) - this.#maxAuditEntries);
  }

  #hasAdmin(): boolean {
    return this.#database.prepare("SELECT 1 FROM accounts WHERE role = 'admin' LIMIT 1").get() !== undefined;
  }

  #count(table: 'accounts' | 'replaced'): number {
    return Number(this.#database.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  }

  #checkForm(path: string): void {
    const taken = this.#pragma('user_version');
    if (taken <= migrations.length) return;
    throw new RoadwatchError(
      'store-newer',
      `${storeName} ${path}: expected form ${migrations.length} or earlier, found ${taken}: a newer Roadwatch made it`,
    );
  }

  #prepare(): void {
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('foreign_keys = ON');
    this.#database.pragma('trusted_schema = OFF');
    this.#database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    this.#database.pragma(`journal_size_limit = ${maxIdleLogBytes}`);
  }

  /** What was taken is read inside the transaction: another process may open the same new file. */
  #migrate(): void {
    for (const [index, step] of migrations.entries()) {
      this.#database
        .transaction(() => {
          if (this.#pragma('user_version') > index) return;
          this.#database.exec(step);
          this.#database.pragma(`user_version = ${index + 1}`);
        })
        .immediate();
    }
  }

  #pragma(name: string): number {
    return Number(this.#database.pragma(name, { simple: true }));
  }
}

type TokenRow = Omit<MachineToken, 'lastUsedMs'> & { readonly lastUsedMs: number | null };

function tokenOf({ lastUsedMs, ...token }: TokenRow): MachineToken {
  return lastUsedMs === null ? token : { ...token, lastUsedMs };
}

function mustExist(changes: number, what: 'account' | 'token'): void {
  if (changes === 0) throw new RoadwatchError(`unknown-${what}`, `there is no such ${what}`);
}

const accountColumns =
  'id, name, role, password_hash AS passwordHash, created_ms AS createdMs, password_changed_ms AS passwordChangedMs';
const sessionColumns =
  'id, secret_hash AS secretHash, account_id AS accountId, created_ms AS createdMs, last_used_ms AS lastUsedMs, address, user_agent AS userAgent';
const tokenColumns =
  'id, name, role, secret_hash AS secretHash, created_ms AS createdMs, created_by AS createdBy, last_used_ms AS lastUsedMs';

const addAccountSql = `
  INSERT INTO accounts (id, name, name_key, role, password_hash, created_ms, password_changed_ms)
  VALUES (@id, @name, @nameKey, @role, @passwordHash, @createdMs, @passwordChangedMs)`;
const addSessionSql = `
  INSERT INTO sessions (id, secret_hash, account_id, created_ms, last_used_ms, address, user_agent)
  VALUES (@id, @secretHash, @accountId, @createdMs, @lastUsedMs, @address, @userAgent)`;
const addTokenSql = `
  INSERT INTO tokens (id, name, role, secret_hash, created_ms, created_by, last_used_ms)
  VALUES (@id, @name, @role, @secretHash, @createdMs, @createdBy, @lastUsedMs)`;
