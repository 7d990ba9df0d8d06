/** Who is logged in. A session ends when it was not used for a while, after a longest time whatever happens, or by word. */
import type { Clock } from '../time/clock.ts';
import { type Account, mostRecords, type Session } from './account.ts';
import type { AuthBook } from './auth-book.ts';
import type { AuthChange } from './auth-change.ts';
import { newId, newSecret, secretHash } from './secret.ts';

/** A use is noticed so often. */
const useEveryMs = 10_000;
const maxUserAgentLength = 200;

export interface SessionLimits {
  readonly idleMs: number;
  readonly longestMs: number;
}

/** Where a login comes from. */
export interface Origin {
  readonly address: string;
  /** By way of a proxy that says so: the address is the proxy's. */
  readonly isProxied: boolean;
  readonly userAgent: string;
}

export class Sessions {
  readonly #book: AuthBook;
  readonly #limits: SessionLimits;
  readonly #clock: Clock;

  constructor(book: AuthBook, limits: SessionLimits, clock: Clock) {
    this.#book = book;
    this.#limits = limits;
    this.#clock = clock;
    book.onLook(() => this.#endExpired());
  }

  get longestSeconds(): number {
    return Math.round(this.#limits.longestMs / 1000);
  }

  /** A new session, and the changes that begin it; the secret is for the client's cookie alone. */
  begin(account: Account, { address, userAgent }: Origin): { secret: string; session: Session; changes: AuthChange[] } {
    const nowMs = this.#clock.nowMs();
    const secret = newSecret();
    const session: Session = {
      id: newId(),
      secretHash: secretHash(secret),
      accountId: account.id,
      createdMs: nowMs,
      lastUsedMs: nowMs,
      address,
      userAgent: userAgent.slice(0, maxUserAgentLength),
    };
    return { secret, session, changes: [...this.#makeRoom(account.id), { kind: 'add-session', session }] };
  }

  /** The session that a cookie's secret opens, with its account; it counts as used now. */
  find(secret: string): { session: Session; account: Account } | undefined {
    const session = this.#book.records?.sessionBy(secretHash(secret));
    if (session === undefined || !this.isLive(session.id)) return undefined;
    const account = this.#book.records?.accounts.get(session.accountId);
    if (account === undefined) return undefined;
    this.use(session.id);
    return { session, account };
  }

  /** What holds it open uses it. */
  use(id: string): void {
    const session = this.#book.records?.sessions.get(id);
    const nowMs = this.#clock.nowMs();
    if (session === undefined || nowMs - session.lastUsedMs < useEveryMs) return;
    this.#book.use({ kind: 'use-session', id, atMs: nowMs });
  }

  isLive(id: string): boolean {
    const session = this.#book.records?.sessions.get(id);
    return session !== undefined && this.#endsMs(session) > this.#clock.nowMs();
  }

  /** Those of an account, or all, that have not come to their end; the last used first. */
  list(accountId?: string): Session[] {
    const sessions = [...(this.#book.records?.sessions.values() ?? [])];
    return sessions
      .filter((session) => (accountId === undefined || session.accountId === accountId) && this.isLive(session.id))
      .sort((one, other) => other.lastUsedMs - one.lastUsedMs);
  }

  /** When it ends if nobody uses it again, UTC ms. */
  #endsMs({ createdMs, lastUsedMs }: Session): number {
    return Math.min(createdMs + this.#limits.longestMs, lastUsedMs + this.#limits.idleMs);
  }

  /** Beyond the most, those that were not used for longest go. */
  #makeRoom(accountId: string): AuthChange[] {
    const own = this.list(accountId).slice(mostRecords.sessionsOfAccount - 1);
    const all = this.list().slice(mostRecords.sessions - 1);
    return [...new Set([...own, ...all])].map(({ id }) => ({ kind: 'remove-session', id }));
  }

  #endExpired(): void {
    const sessions = [...(this.#book.records?.sessions.values() ?? [])];
    const ended = sessions.filter(({ id }) => !this.isLive(id));
    if (ended.length === 0) return;
    void this.#book
      .write(ended.map(({ id }): AuthChange => ({ kind: 'remove-session', id })))
      // They are not listened to any more, whatever the disk says; the next look tries again.
      .catch(() => undefined);
  }
}
