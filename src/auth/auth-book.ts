/**
 * What is kept of accounts, sessions, tokens and deeds: in memory for every request, on disk before anybody is told of a
 * change. Changes that another process makes (the command line) are seen within seconds.
 */
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import type { AuditEntry, AuditPage } from './audit.ts';
import type { AuthChange } from './auth-change.ts';
import { KnownRecords } from './known-records.ts';
import type { AuthStore } from './store/auth-store.ts';

/** How often it is looked whether another process has changed something, and whether sessions have come to their end. */
const lookEveryMs = 2000;
/** The last use of sessions and tokens is written so rarely. */
const keepUseMs = 60_000;

export interface AuthBookOptions {
  readonly store: AuthStore;
  readonly clock: Clock;
  /** Told of what cannot be read or written. */
  readonly onTrouble: (code: string, message: string) => void;
}

export class AuthBook {
  readonly #options: AuthBookOptions;
  readonly #listeners = new Set<() => void>();
  /** The last use of each, not yet written. */
  #used = new Map<string, AuthChange>();
  #usedKeptMs: number;
  #records: KnownRecords | undefined;
  #cancelLook: (() => void) | undefined;
  #isClosed = false;

  private constructor(options: AuthBookOptions) {
    this.#options = options;
    this.#usedKeptMs = options.clock.monotonicMs();
  }

  /** Where the store cannot be read, nobody is known until it can. */
  static async open(options: AuthBookOptions): Promise<AuthBook> {
    const book = new AuthBook(options);
    await book.#reload();
    book.#plan();
    return book;
  }

  /** Nothing while the store cannot be read. */
  get records(): KnownRecords | undefined {
    return this.#records;
  }

  /** Every two seconds, and after every change: whoever holds something open looks whether it still may. */
  onLook(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Writes the changes, then makes them known. Rejects with what the store refuses. */
  async write(changes: readonly AuthChange[]): Promise<void> {
    if (this.#records === undefined)
      throw new RoadwatchError('accounts-locked', 'accounts cannot be read; see the log');
    await this.#options.store.write(changes, []);
    for (const change of changes) this.#records.apply(change);
    this.#tell();
  }

  /** A session or token was used. It is known at once and written later, many at a time. */
  use(change: Extract<AuthChange, { kind: 'use-session' | 'use-token' }>): void {
    this.#records?.apply(change);
    this.#used.set(`${change.kind} ${change.id}`, change);
  }

  /** Writes down what somebody did; a disk that takes nothing is told of. */
  async note(entry: AuditEntry): Promise<void> {
    try {
      await this.#options.store.write([], [entry]);
    } catch (error) {
      this.#options.onTrouble(errorCode(error), `the audit log misses ${entry.action}: ${errorMessage(error)}`);
    }
  }

  audit(limit: number, before?: number): Promise<AuditPage> {
    return this.#options.store.audit(limit, before);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook?.();
    await this.#keepUse();
    await this.#options.store.close();
  }

  async #look(): Promise<void> {
    try {
      const changed =
        this.#records === undefined ? await this.#options.store.load() : await this.#options.store.changedElsewhere();
      if (changed !== undefined) this.#records = new KnownRecords(changed);
    } catch (error) {
      this.#options.onTrouble(errorCode(error), errorMessage(error));
    }
    if (this.#options.clock.monotonicMs() - this.#usedKeptMs >= keepUseMs) await this.#keepUse();
    this.#tell();
  }

  async #reload(): Promise<void> {
    try {
      this.#records = new KnownRecords(await this.#options.store.load());
    } catch (error) {
      this.#options.onTrouble(errorCode(error), errorMessage(error));
    }
  }

  async #keepUse(): Promise<void> {
    this.#usedKeptMs = this.#options.clock.monotonicMs();
    const used = [...this.#used.values()];
    this.#used = new Map();
    if (used.length === 0) return;
    try {
      await this.#options.store.write(used, []);
    } catch (error) {
      this.#options.onTrouble(errorCode(error), errorMessage(error));
    }
  }

  #plan(): void {
    this.#cancelLook = this.#options.clock.after(lookEveryMs, () => {
      void this.#look().finally(() => {
        if (!this.#isClosed) this.#plan();
      });
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
