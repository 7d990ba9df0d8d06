/**
 * Before there is any account: the first, an administrator, is made by whoever is at this machine, or by whoever knows the
 * code in the log. The code counts once, for half an hour and ten wrong tries; then a restart makes another.
 */
import { randomInt, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../time/clock.ts';
import type { AuthBook } from './auth-book.ts';
import type { Caller } from './caller.ts';

const validMs = 30 * 60_000;
const maxTries = 10;
/** Letters and digits that are not taken for each other; 8 of them are 40 bits. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const length = 8;

export class FirstRun {
  readonly #book: AuthBook;
  readonly #clock: Clock;
  readonly #code = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
  readonly #sinceMs: number;
  #tries = 0;

  constructor(book: AuthBook, clock: Clock) {
    this.#book = book;
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** There is no account, and that is sure. */
  get isPending(): boolean {
    return this.#book.records?.accounts.size === 0;
  }

  /** For the log: the code as it is typed. */
  get code(): string {
    return `${this.#code.slice(0, 4)}-${this.#code.slice(4)}`;
  }

  /** Whether this caller must know the code: whoever may not do everything already. */
  needsCode(caller: Caller): boolean {
    return caller.role !== 'admin';
  }

  /** Whether this is the code and still counts. Each wrong one is a try. */
  isCode(text: string): boolean {
    if (this.#tries >= maxTries || this.#clock.monotonicMs() - this.#sinceMs >= validMs) return false;
    const shown = Buffer.from(text.toUpperCase().replaceAll(/[^0-9A-Z]/g, ''));
    if (shown.length === length && timingSafeEqual(shown, Buffer.from(this.#code))) return true;
    this.#tries += 1;
    return false;
  }
}
