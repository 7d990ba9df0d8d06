import type { Account, MachineToken, Session } from './account.ts';
import { nameKey } from './account.ts';
import type { AuthChange, AuthRecords } from './auth-change.ts';

/** What is on disk, in memory, to be asked with every request. */
export class KnownRecords {
  readonly accounts = new Map<string, Account>();
  readonly sessions = new Map<string, Session>();
  readonly tokens = new Map<string, MachineToken>();
  readonly #accountIds = new Map<string, string>();
  readonly #sessionIds = new Map<string, string>();
  readonly #tokenIds = new Map<string, string>();
  readonly deviceKey: Buffer;
  readonly isReplacement: boolean;

  constructor({ accounts, sessions, tokens, deviceKey, isReplacement }: AuthRecords) {
    this.deviceKey = Buffer.from(deviceKey, 'base64');
    this.isReplacement = isReplacement;
    for (const account of accounts) this.#putAccount(account);
    for (const session of sessions) this.#putSession(session);
    for (const token of tokens) this.#putToken(token);
  }

  accountNamed(name: string): Account | undefined {
    return this.accounts.get(this.#accountIds.get(nameKey(name)) ?? '');
  }

  sessionBy(secretHash: string): Session | undefined {
    return this.sessions.get(this.#sessionIds.get(secretHash) ?? '');
  }

  tokenBy(secretHash: string): MachineToken | undefined {
    return this.tokens.get(this.#tokenIds.get(secretHash) ?? '');
  }

  sessionsOf(accountId: string): Session[] {
    return [...this.sessions.values()].filter((session) => session.accountId === accountId);
  }

  /** What the store has written. */
  apply(change: AuthChange): void {
    switch (change.kind) {
      case 'add-account':
        this.#putAccount(change.account);
        return;
      case 'set-password':
        this.#changeAccount(change.accountId, {
          passwordHash: change.passwordHash,
          passwordChangedMs: change.atMs,
        });
        return;
      case 'set-role':
        this.#changeAccount(change.accountId, { role: change.role });
        return;
      case 'remove-account':
        this.#removeAccount(change.accountId);
        return;
      case 'add-session':
        this.#putSession(change.session);
        return;
      case 'use-session':
        this.useSession(change.id, change.atMs);
        return;
      case 'remove-session':
        this.#removeSession(change.id);
        return;
      case 'add-token':
        this.#putToken(change.token);
        return;
      case 'use-token':
        this.#useToken(change.id, change.atMs);
        return;
      case 'remove-token':
        this.#removeToken(change.id);
    }
  }

  useSession(id: string, atMs: number): void {
    const session = this.sessions.get(id);
    if (session !== undefined) this.sessions.set(id, { ...session, lastUsedMs: Math.max(session.lastUsedMs, atMs) });
  }

  #putAccount(account: Account): void {
    this.accounts.set(account.id, account);
    this.#accountIds.set(nameKey(account.name), account.id);
  }

  #changeAccount(id: string, change: Partial<Account>): void {
    const account = this.accounts.get(id);
    if (account !== undefined) this.accounts.set(id, { ...account, ...change });
  }

  #removeAccount(id: string): void {
    const account = this.accounts.get(id);
    if (account === undefined) return;
    this.accounts.delete(id);
    this.#accountIds.delete(nameKey(account.name));
    for (const session of this.sessionsOf(id)) this.#removeSession(session.id);
  }

  #putSession(session: Session): void {
    this.sessions.set(session.id, session);
    this.#sessionIds.set(session.secretHash, session.id);
  }

  #removeSession(id: string): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    this.#sessionIds.delete(session.secretHash);
  }

  #putToken(token: MachineToken): void {
    this.tokens.set(token.id, token);
    this.#tokenIds.set(token.secretHash, token.id);
  }

  #useToken(id: string, atMs: number): void {
    const token = this.tokens.get(id);
    if (token !== undefined) this.tokens.set(id, { ...token, lastUsedMs: atMs });
  }

  #removeToken(id: string): void {
    const token = this.tokens.get(id);
    if (token === undefined) return;
    this.tokens.delete(id);
    this.#tokenIds.delete(token.secretHash);
  }
}
