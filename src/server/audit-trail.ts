/** Writes down every request that may change something: who made it, from where, and what came of it. */
import type { AuditEntry } from '../auth/audit.ts';
import type { AuthBook } from '../auth/auth-book.ts';
import { type Caller, callerName } from '../auth/caller.ts';
import type { Clock } from '../time/clock.ts';
import type { Reply } from './reply.ts';
import { TokenBucket } from './token-bucket.ts';

/** Refusals that strangers may leave: their flood must not push the rest out. */
const refusalsPerSecond = 0.2;
const refusalsAtOnce = 60;
const maxSubjectLength = 200;

export interface Deed {
  readonly caller: Caller;
  readonly action: string;
  readonly subject: string;
  /** Address of the client. */
  readonly from: string;
}

export class AuditTrail {
  readonly #book: AuthBook;
  readonly #clock: Clock;
  readonly #refusals: TokenBucket;

  constructor(book: AuthBook, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
    this.#refusals = new TokenBucket(refusalsPerSecond, clock, refusalsAtOnce);
  }

  note({ caller, action, subject, from }: Deed, status: Reply['status']): void {
    const outcome = outcomeOf(status);
    if (caller.kind === 'stranger' && outcome !== 'done' && !this.#refusals.take()) return;
    const cut = subject.slice(0, maxSubjectLength);
    void this.#book.note({ atMs: this.#clock.nowMs(), who: callerName(caller), action, subject: cut, from, outcome });
  }
}

function outcomeOf(status: number): AuditEntry['outcome'] {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}
