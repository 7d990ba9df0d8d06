/** Whether a request may go on to its route: is it for us, who makes it, and does that suffice. */
import type { Access } from '../auth/access.ts';
import { type AccessLevel, mayDo } from '../auth/access-level.ts';
import { type Caller, stranger } from '../auth/caller.ts';
import { FailedTries } from '../auth/failed-tries.ts';
import type { Log } from '../log.ts';
import type { Clock } from '../time/clock.ts';
import { type Reply, refusal } from './reply.ts';
import type { RequestFacts } from './request-facts.ts';

const anonymous: Caller = { kind: 'anonymous', role: 'admin' };
const tokenHolder: Caller = { kind: 'token', role: 'admin' };

export class Gate {
  readonly #access: Access;
  readonly #log: Log;
  readonly #failedTries: FailedTries;

  constructor(access: Access, clock: Clock, log: Log) {
    this.#access = access;
    this.#log = log;
    this.#failedTries = new FailedTries(clock);
  }

  /** The caller, or the refusal. `changes`: whether the request may change something, or opens a WebSocket that may. */
  admit(facts: RequestFacts, needs: AccessLevel, changes: boolean): Caller | Reply {
    const misled = this.#refuseMisled(facts);
    if (misled) return misled;
    const caller = this.#identify(facts);
    if ('status' in caller && needs !== 'public') return caller;
    const known = 'status' in caller ? stranger : caller;
    if (!mayDo(known.role, needs)) return refusal(403, 'forbidden', `expected the role ${needs}, not ${known.role}`);
    return (changes ? this.#refuseForeign(facts) : undefined) ?? known;
  }

  #refuseMisled({ host }: RequestFacts): Reply | undefined {
    if (this.#access.isForUs(host)) return undefined;
    return refusal(421, 'misdirected', 'expected a request for localhost or an address (server.authToken lifts that)');
  }

  #identify({ credentials, address }: RequestFacts): Caller | Reply {
    if (!this.#access.tokenRequired) return anonymous;
    if (this.#failedTries.isBlocked(address)) {
      return refusal(429, 'too-many-tries', 'too many wrong tokens from this address', { 'Retry-After': '60' });
    }
    if (this.#access.mayEnter(credentials)) return tokenHolder;
    // One that shows nothing guesses nothing: a browser asks without the token before its user gives it.
    const wrong = this.#access.wrongTokens(credentials);
    if (wrong.length > 0 && this.#failedTries.add(address, wrong)) {
      this.#log.warn({ address }, 'a client with a wrong token was refused');
    }
    return refusal(401, 'unauthorized', 'expected a valid token (Authorization: Bearer …)', {
      'WWW-Authenticate': 'Bearer realm="roadwatch"',
    });
  }

  #refuseForeign({ origin, host }: RequestFacts): Reply | undefined {
    if (this.#access.mayOpenSocket(origin, host)) return undefined;
    return refusal(403, 'origin-refused', `pages of ${origin} may not do this (server.allowedOrigins)`);
  }
}
