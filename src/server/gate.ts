/** Whether a request may go on to its route: is it for us, who makes it, and does that suffice. */
import type { Access } from '../auth/access.ts';
import { type AccessLevel, mayDo } from '../auth/access-level.ts';
import { isThisMachine } from '../auth/address-key.ts';
import { type Caller, callerName, stranger } from '../auth/caller.ts';
import { cookieValue, tokenCookie } from '../auth/credentials.ts';
import type { Identity } from '../auth/identity.ts';
import type { Log } from '../log.ts';
import { type Reply, refusal } from './reply.ts';
import type { RequestFacts } from './request-facts.ts';

export class Gate {
  readonly #access: Access;
  readonly #identity: Identity;
  readonly #log: Log;

  constructor(access: Access, identity: Identity, log: Log) {
    this.#access = access;
    this.#identity = identity;
    this.#log = log;
  }

  /** The caller, or the refusal. `changes`: whether the request may change something, or opens a WebSocket that may. */
  admit(facts: RequestFacts, needs: AccessLevel, changes: boolean): Caller | Reply {
    const misled = this.#refuseMisled(facts);
    if (misled) return misled;
    const caller = this.#identify(facts);
    if ('status' in caller && needs !== 'public') return caller;
    const known = 'status' in caller ? stranger : caller;
    if (!mayDo(known.role, needs)) return refuseRole(known, needs);
    return (changes ? this.#refuseForeign(facts, known) : undefined) ?? known;
  }

  /** Whether one who was let in before still may. */
  isStillWelcome(caller: Caller): boolean {
    return this.#identity.isStillWelcome(caller);
  }

  #refuseMisled({ host, address }: RequestFacts): Reply | undefined {
    const isOpen = this.#identity.isOpenLocally && isThisMachine(address);
    if (!isOpen || this.#access.isForThisMachine(host)) return undefined;
    const words = 'expected a request for localhost or an address (accounts, or server.authToken, lift that)';
    return refusal(421, 'misdirected', words);
  }

  #identify({ credentials, address, isProxied }: RequestFacts): Caller | Reply {
    const found = this.#identity.identify(credentials, { address, isProxied });
    if ('blocked' in found) {
      return refusal(429, 'too-many-tries', 'too many wrong tokens from this address', { 'Retry-After': '60' });
    }
    if ('wrongToken' in found && found.first) this.#log.warn({ address }, 'a client with a wrong token was refused');
    return found.caller;
  }

  #refuseForeign({ origin, host, header, credentials }: RequestFacts, caller: Caller): Reply | undefined {
    const isByCookie = caller.kind === 'account' || cookieValue(credentials.cookie, tokenCookie) !== '';
    const isOurs = isByCookie ? this.#access.mayChangeByCookie(origin, host) : this.#access.mayChange(origin, host);
    // A browser that names no origin still tells that the page is another's.
    const isElsewhere = origin === '' && header('sec-fetch-site') === 'cross-site';
    if (isOurs && !isElsewhere) return undefined;
    const who = origin === '' ? 'another site' : origin;
    return refusal(403, 'origin-refused', `pages of ${who} may not do this (server.allowedOrigins)`);
  }
}

function refuseRole(caller: Caller, needs: AccessLevel): Reply {
  if (caller.kind !== 'stranger') {
    return refusal(403, 'forbidden', `expected the role ${needs} or more; ${callerName(caller)} is ${caller.role}`);
  }
  return refusal(401, 'unauthorized', 'expected a login, or a valid token (Authorization: Bearer …)', {
    'WWW-Authenticate': 'Bearer realm="roadwatch"',
  });
}
