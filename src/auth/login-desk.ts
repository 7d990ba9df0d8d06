/** Checks passwords, and keeps guessing slow: by address, and by account without letting strangers shut its owner out. */
import type { Clock } from '../time/clock.ts';
import { type Account, nameKey } from './account.ts';
import { addressKey, isThisMachine } from './address-key.ts';
import type { AuthBook } from './auth-book.ts';
import type { AuthChange } from './auth-change.ts';
import { knownDevice, newDevice } from './device-cookie.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { secretHash } from './secret.ts';
import type { Origin, Sessions } from './sessions.ts';
import { TryLimit } from './try-limit.ts';

const addressLimit = { most: 10, windowMs: 60_000, maxKeys: 10_000 } as const;
const accountLimit = { most: 10, windowMs: 15 * 60_000, maxKeys: 10_000 } as const;

export interface LoginTry extends Origin {
  readonly name: string;
  readonly password: string;
  /** The cookie of a browser that has logged in before; empty where there is none. */
  readonly device: string;
}

export type LoginOutcome =
  | { readonly kind: 'in'; readonly account: Account; readonly secret: string; readonly device: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-many-tries'; readonly retryAfterMs: number };

export interface LoginDeskOptions {
  readonly book: AuthBook;
  readonly sessions: Sessions;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
}

/** Where a try counts. */
interface Count {
  readonly limit: TryLimit;
  readonly key: string;
}

export class LoginDesk {
  readonly #options: LoginDeskOptions;
  readonly #byAddress: TryLimit;
  readonly #byAccount: TryLimit;

  constructor(options: LoginDeskOptions) {
    this.#options = options;
    this.#byAddress = new TryLimit(addressLimit, options.clock);
    this.#byAccount = new TryLimit(accountLimit, options.clock);
  }

  /** Rejects with RoadwatchError `busy`, or with what the store refuses. */
  async logIn(attempt: LoginTry): Promise<LoginOutcome> {
    const account = this.#options.book.records?.accountNamed(attempt.name);
    const outcome = await this.#checked(account, attempt);
    if (outcome !== undefined) return outcome;
    return this.#begin(account as Account, attempt);
  }

  /** Whether this is an account's password, for one who has it open; nothing where it is. */
  confirm(account: Account, attempt: Omit<LoginTry, 'name'>): Promise<LoginOutcome | undefined> {
    return this.#checked(account, { ...attempt, name: account.name });
  }

  /** Nothing where the password is right. */
  async #checked(account: Account | undefined, attempt: LoginTry): Promise<LoginOutcome | undefined> {
    const counts = this.#countsOf(account, attempt);
    const retryAfterMs = Math.max(...counts.map(({ limit, key }) => limit.blockedMs(key)));
    if (retryAfterMs > 0) return { kind: 'too-many-tries', retryAfterMs };
    // Counted before the password is looked at: many at a time are as many tries.
    for (const { limit, key } of counts) limit.add(key);
    if (!(await this.#isRight(account, attempt, counts))) return { kind: 'wrong' };
    takeBack(counts);
    return undefined;
  }

  async #isRight(account: Account | undefined, { password }: LoginTry, counts: readonly Count[]): Promise<boolean> {
    try {
      return await this.#options.hasher.verify(account?.passwordHash, password);
    } catch (error) {
      // Nobody looked at it.
      takeBack(counts);
      throw error;
    }
  }

  /**
   * Tries of a browser that the account knows are counted for themselves: strangers behind the same address shut it out as
   * little as strangers elsewhere. All others count for their address, and for the account together with their like.
   */
  #countsOf(account: Account | undefined, { name, address, isProxied, device }: LoginTry): Count[] {
    const key = this.#options.book.records?.deviceKey;
    const known = account === undefined || key === undefined ? undefined : knownDevice(key, account.id, device);
    // Of what was typed as a name, which may be a password by mistake, only the hash is kept.
    const nameHash = secretHash(nameKey(name));
    if (known !== undefined) return [{ limit: this.#byAccount, key: `${nameHash} ${known}` }];
    const who = isThisMachine(address) && !isProxied ? 'this machine' : 'strangers';
    return [
      { limit: this.#byAddress, key: addressKey(address) },
      { limit: this.#byAccount, key: `${nameHash} ${who}` },
    ];
  }

  async #begin(account: Account, attempt: LoginTry): Promise<LoginOutcome> {
    const { book, sessions } = this.#options;
    const { secret, changes } = sessions.begin(account, attempt);
    await book.write([...changes, ...(await this.#renewedHash(account, attempt.password))]);
    const key = book.records?.deviceKey ?? Buffer.alloc(0);
    const isKnown = knownDevice(key, account.id, attempt.device) !== undefined;
    return { kind: 'in', account, secret, device: isKnown ? attempt.device : newDevice(key, account.id) };
  }

  async #renewedHash(account: Account, password: string): Promise<AuthChange[]> {
    const { hasher } = this.#options;
    if (!hasher.isOutdated(account.passwordHash)) return [];
    const passwordHash = await hasher.hash(password);
    return [{ kind: 'set-password', accountId: account.id, passwordHash, atMs: account.passwordChangedMs }];
  }
}

/** It was no guess. */
function takeBack(counts: readonly Count[]): void {
  for (const { limit, key } of counts) limit.takeBack(key);
}
