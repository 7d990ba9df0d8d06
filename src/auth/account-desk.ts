/** Makes and changes accounts and tokens. Rejects with RoadwatchError; the codes stand in the routes. */
import { RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Role } from './access-level.ts';
import { type Account, type MachineToken, mostRecords, nameKey } from './account.ts';
import type { AuthBook } from './auth-book.ts';
import type { AuthChange } from './auth-change.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { newId, newSecret, secretHash } from './secret.ts';

export interface AccountDraft {
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

export interface AccountDeskOptions {
  readonly book: AuthBook;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}

export class AccountDesk {
  readonly #options: AccountDeskOptions;

  constructor(options: AccountDeskOptions) {
    this.#options = options;
  }

  /** By name. */
  accounts(): Account[] {
    const accounts = [...(this.#options.book.records?.accounts.values() ?? [])];
    return accounts.sort((one, other) => nameKey(one.name).localeCompare(nameKey(other.name)));
  }

  /** Codes `unknown-account`, `accounts-locked`. */
  account(id: string): Account {
    const account = this.#options.book.records?.accounts.get(id);
    if (account === undefined) throw new RoadwatchError('unknown-account', 'there is no such account');
    return account;
  }

  /** `first`: only where there is none yet. Codes `name-taken`, `set-up-already`, `too-many`, `busy`, `password-is-name`. */
  async add({ name, role, password }: AccountDraft, first = false): Promise<Account> {
    checkPassword(password, name);
    if (this.accounts().length >= mostRecords.accounts) throw tooMany('accounts', mostRecords.accounts);
    const nowMs = this.#options.clock.nowMs();
    const passwordHash = await this.#options.hasher.hash(password);
    const account: Account = { id: newId(), name, role, passwordHash, createdMs: nowMs, passwordChangedMs: nowMs };
    await this.#options.book.write([{ kind: 'add-account', account, first }]);
    return account;
  }

  /** Its sessions end, but for the one named. */
  async setPassword(account: Account, password: string, keptSessionId?: string): Promise<void> {
    checkPassword(password, account.name);
    const { book, hasher, clock } = this.#options;
    const passwordHash = await hasher.hash(password);
    await book.write([
      { kind: 'set-password', accountId: account.id, passwordHash, atMs: clock.nowMs() },
      ...this.#endSessions(account.id, keptSessionId),
    ]);
  }

  /** Its sessions end. Code `last-admin`. */
  async setRole(account: Account, role: Role): Promise<void> {
    if (account.role === role) return;
    const change: AuthChange = { kind: 'set-role', accountId: account.id, role };
    await this.#options.book.write([change, ...this.#endSessions(account.id)]);
  }

  /** Code `last-admin`. */
  remove(account: Account): Promise<void> {
    return this.#options.book.write([{ kind: 'remove-account', accountId: account.id }]);
  }

  tokens(): MachineToken[] {
    const tokens = [...(this.#options.book.records?.tokens.values() ?? [])];
    return tokens.sort((one, other) => one.name.localeCompare(other.name));
  }

  /** The secret is given here and never again. Codes `name-taken`, `too-many`. */
  async addToken(name: string, role: Role, createdBy: string): Promise<{ token: MachineToken; secret: string }> {
    if (this.tokens().length >= mostRecords.tokens) throw tooMany('tokens', mostRecords.tokens);
    const secret = `rw_${newSecret()}`;
    const createdMs = this.#options.clock.nowMs();
    const token = { id: newId(), name, role, secretHash: secretHash(secret), createdMs, createdBy };
    await this.#options.book.write([{ kind: 'add-token', token }]);
    return { token, secret };
  }

  /** Code `unknown-token`. */
  async removeToken(id: string): Promise<MachineToken> {
    const token = this.#options.book.records?.tokens.get(id);
    if (token === undefined) throw new RoadwatchError('unknown-token', 'there is no such token');
    await this.#options.book.write([{ kind: 'remove-token', id }]);
    return token;
  }

  #endSessions(accountId: string, keptSessionId?: string): AuthChange[] {
    const sessions = this.#options.book.records?.sessionsOf(accountId) ?? [];
    return sessions.flatMap(({ id }): AuthChange[] => (id === keptSessionId ? [] : [{ kind: 'remove-session', id }]));
  }
}

function checkPassword(password: string, name: string): void {
  if (nameKey(password) !== nameKey(name)) return;
  throw new RoadwatchError('password-is-name', 'expected a password other than the name');
}

function tooMany(what: string, most: number): RoadwatchError {
  return new RoadwatchError('too-many', `there are ${most} ${what} already`);
}
