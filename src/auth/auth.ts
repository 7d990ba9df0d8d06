/** The parts of `src/auth/`, built and connected. */
import type { Config } from '../config/schema.ts';
import type { Clock } from '../time/clock.ts';
import { AccountDesk } from './account-desk.ts';
import { AuthBook } from './auth-book.ts';
import { FirstRun } from './first-run.ts';
import { Identity } from './identity.ts';
import { LoginDesk } from './login-desk.ts';
import { PasswordHasher } from './password-hasher.ts';
import { Sessions } from './sessions.ts';
import type { AuthStore } from './store/auth-store.ts';

const minuteMs = 60_000;

export interface AuthOptions {
  readonly config: Pick<Config, 'server' | 'accounts'>;
  readonly store: AuthStore;
  readonly clock: Clock;
  /** Told of what cannot be read or written. */
  readonly onTrouble: (code: string, message: string) => void;
}

export class Auth {
  readonly book: AuthBook;
  readonly sessions: Sessions;
  readonly identity: Identity;
  readonly logins: LoginDesk;
  readonly accounts: AccountDesk;
  readonly firstRun: FirstRun;

  private constructor(book: AuthBook, { config: { server, accounts }, clock }: AuthOptions) {
    this.book = book;
    const limits = { idleMs: accounts.idleMinutes * minuteMs, longestMs: accounts.longestHours * 60 * minuteMs };
    const hasher = new PasswordHasher();
    this.sessions = new Sessions(book, limits, clock);
    this.logins = new LoginDesk({ book, sessions: this.sessions, hasher, clock });
    this.accounts = new AccountDesk({ book, hasher, clock });
    this.firstRun = new FirstRun(book, clock);
    // A token that is configured is wanted of everybody, as ever.
    const isOpen = server.allowAnonymous && server.authToken === undefined;
    this.identity = new Identity({
      book,
      sessions: this.sessions,
      clock,
      token: server.authToken,
      anonymousRole: isOpen ? server.anonymousRole : undefined,
    });
  }

  /** Where the store cannot be read, nobody but the holder of the configured token is let in until it can. */
  static async open(options: AuthOptions): Promise<Auth> {
    return new Auth(await AuthBook.open(options), options);
  }

  close(): Promise<void> {
    return this.book.close();
  }
}
