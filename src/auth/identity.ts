/** Who a request comes from: by the token that it shows, by its session, or because nobody has to say. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../time/clock.ts';
import type { Role } from './access-level.ts';
import { addressKey, isThisMachine } from './address-key.ts';
import type { AuthBook } from './auth-book.ts';
import { type Caller, stranger } from './caller.ts';
import { type Credentials, cookieValue, sessionCookie, shownTokens } from './credentials.ts';
import { FailedTries } from './failed-tries.ts';
import { secretHash } from './secret.ts';
import type { Sessions } from './sessions.ts';

/** The last use of a token is known to the minute. */
const tokenUseEveryMs = 60_000;

export interface IdentityOptions {
  readonly book: AuthBook;
  readonly sessions: Sessions;
  readonly clock: Clock;
  /** The token of the configuration: an administrator's. */
  readonly token: string | undefined;
  /** What everybody may who reaches the port, by configuration. */
  readonly anonymousRole: Role | undefined;
}

/** Where a request comes from. */
export interface ClientPlace {
  readonly address: string;
  /** By way of a proxy that says so: the address is the proxy's. */
  readonly isProxied: boolean;
}

export type Identified =
  | { readonly caller: Caller }
  /** Not listened to: the address has shown too many wrong tokens. */
  | { readonly blocked: true }
  /** Wrong tokens were shown; `first`: of this address in this minute. */
  | { readonly caller: Caller; readonly wrongToken: true; readonly first: boolean };

export class Identity {
  readonly #options: IdentityOptions;
  readonly #tokenHash: Buffer | undefined;
  readonly #failedTries: FailedTries;

  constructor(options: IdentityOptions) {
    this.#options = options;
    this.#tokenHash = options.token === undefined ? undefined : sha256(options.token);
    this.#failedTries = new FailedTries(options.clock);
  }

  identify(credentials: Credentials, place: ClientPlace): Identified {
    const address = addressKey(place.address);
    const logged = this.#bySession(credentials);
    if (logged !== undefined) return { caller: logged };
    const open = this.#openTo(place);
    const tokens = shownTokens(credentials);
    if (open === undefined && this.#failedTries.isBlocked(address)) return { blocked: true };
    const holders = tokens.flatMap((token) => this.#byToken(token) ?? []);
    const [holder] = holders;
    if (holder !== undefined) return { caller: holder };
    if (open !== undefined) return { caller: open };
    // One that shows nothing guesses nothing: a browser asks without anything before its user says who he is.
    if (tokens.length === 0) return { caller: stranger };
    const first = this.#failedTries.add(address, tokens.map(secretHash));
    return { caller: stranger, wrongToken: true, first };
  }

  /** Whether one who was let in before still may, in the same role. What he holds open counts as use. */
  isStillWelcome(caller: Caller): boolean {
    const { book, sessions } = this.#options;
    switch (caller.kind) {
      case 'account': {
        if (!sessions.isLive(caller.sessionId)) return false;
        sessions.use(caller.sessionId);
        return book.records?.accounts.get(caller.accountId)?.role === caller.role;
      }
      case 'token':
        return caller.id === undefined || book.records?.tokens.has(caller.id) === true;
      case 'local':
        return this.isOpenLocally;
      default:
        return true;
    }
  }

  /** Everybody at this machine is an administrator: there are neither accounts nor a token. */
  get isOpenLocally(): boolean {
    const { token, anonymousRole, book } = this.#options;
    if (token !== undefined || anonymousRole !== undefined) return false;
    return book.records?.accounts.size === 0 && !book.records.isReplacement;
  }

  /** Takes the same time whatever was shown. */
  isConfiguredToken(token: string): boolean {
    return this.#tokenHash !== undefined && timingSafeEqual(sha256(token), this.#tokenHash);
  }

  #bySession({ cookie }: Credentials): Caller | undefined {
    const secret = cookieValue(cookie, sessionCookie);
    const found = secret === '' ? undefined : this.#options.sessions.find(secret);
    if (found === undefined) return undefined;
    const { session, account } = found;
    const { name, role, id: accountId } = account;
    return { kind: 'account', role, name, accountId, sessionId: session.id };
  }

  #byToken(shown: string): Caller | undefined {
    if (this.isConfiguredToken(shown)) return { kind: 'token', role: 'admin', name: 'configuration' };
    const { book, clock } = this.#options;
    const token = book.records?.tokenBy(secretHash(shown));
    if (token === undefined) return undefined;
    const nowMs = clock.nowMs();
    if (token.lastUsedMs === undefined || nowMs - token.lastUsedMs >= tokenUseEveryMs) {
      book.use({ kind: 'use-token', id: token.id, atMs: nowMs });
    }
    return { kind: 'token', role: token.role, name: token.name, id: token.id };
  }

  /** Who somebody is that need not say. */
  #openTo({ address, isProxied }: ClientPlace): Caller | undefined {
    const { anonymousRole } = this.#options;
    if (anonymousRole !== undefined) return { kind: 'anonymous', role: anonymousRole };
    if (!this.isOpenLocally || !isThisMachine(address)) return undefined;
    return { kind: 'local', role: isProxied ? 'operator' : 'admin' };
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
