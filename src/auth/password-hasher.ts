/** Argon2id: the memory that it takes is what makes guessing dear, so only so many run at a time. */
import { hash, verify } from '@node-rs/argon2';
import { RoadwatchError } from '../errors.ts';

/** OWASP's advice (2024) asks for at least 19 MiB and two rounds. */
const cost = { memoryCost: 32_768, timeCost: 3, parallelism: 1 } as const;
const maxAtATime = 2;
/** Those that wait for their turn; more are turned away. */
const maxWaiting = 32;
/** What a hash of this cost begins with (PHC form). */
const costPrefix = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`;

export class PasswordHasher {
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #decoy: Promise<string> | undefined;

  /** Rejects with RoadwatchError `busy`. */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, cost));
  }

  /** Whether this is the password; without a hash it never is, after the same time. Rejects with RoadwatchError `busy`. */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    this.#decoy ??= hash('of nobody', cost);
    const known = passwordHash ?? (await this.#decoy);
    const isRight = await this.#inTurn(() => verify(known, password));
    return isRight && passwordHash !== undefined;
  }

  /** The hash was made at another cost: it should be made anew when the password is there. */
  isOutdated(passwordHash: string): boolean {
    return !passwordHash.startsWith(costPrefix);
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < maxAtATime) this.#running += 1;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(new RoadwatchError('busy', `${maxWaiting} passwords wait to be checked; try again`));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
