import { errorCode, errorMessage } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { DoubledWait } from '../time/doubled-wait.ts';
import type { Random } from '../time/random.ts';
import type { LinkState } from './outbox-status.ts';

/** Records under way of which none is confirmed for so long: the broker does not answer. */
const silentAfterMs = 5000;
/** Before what was given back goes again; until something gets through. */
const holds = { firstMs: 1000, longestMs: 30_000 };

export interface LinkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** It works, again or for the first time. */
  readonly onWorking: () => void;
  /** What was given back may go again. */
  readonly onTry: () => void;
}

/** What the sender's reports tell of the way to the broker. */
export class Link {
  readonly #options: LinkOptions;
  readonly #hold: DoubledWait;
  #state: LinkState;
  #underWay = 0;
  /** Since when records are under way and none was confirmed, monotonic. */
  #quietSinceMs = 0;
  #cancelWatch: (() => void) | undefined;
  #cancelHold: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#hold = new DoubledWait(holds, options.random);
    this.#state = { state: 'connecting', sinceMs: options.clock.nowMs() };
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Whether nothing may go for now. */
  get isHeld(): boolean {
    return this.#cancelHold !== undefined || this.#state.state === 'closed';
  }

  /** A record is on its way. */
  depart(): void {
    if (this.#underWay === 0) this.#quietSinceMs = this.#options.clock.monotonicMs();
    this.#underWay += 1;
    if (this.#cancelWatch === undefined) this.#watch(silentAfterMs);
  }

  /** The broker has answered for a record, whatever it said. */
  answer(): void {
    this.#underWay -= 1;
    this.#quietSinceMs = this.#options.clock.monotonicMs();
    if (this.#state.state !== 'closed' && this.#cancelWatch === undefined) this.#watch(silentAfterMs);
    if (this.#state.state === 'closed' || this.#state.state === 'connected' || this.isHeld) return;
    this.#hold.reset();
    this.#state = { state: 'connected', sinceMs: this.#options.clock.nowMs() };
    this.#options.onWorking();
  }

  /** The sender has given a record back. */
  giveBack(error: unknown): void {
    this.#underWay -= 1;
    if (this.isHeld) return;
    const { clock, onTry } = this.#options;
    const { state, sinceMs } = this.#state;
    const holdMs = this.#hold.next();
    this.#state = {
      state: 'failing',
      sinceMs: state === 'failing' ? sinceMs : clock.nowMs(),
      nextTryMs: clock.nowMs() + holdMs,
      failures: this.#state.state === 'failing' ? this.#state.failures + 1 : 1,
      code: errorCode(error),
      message: errorMessage(error),
    };
    this.#cancelHold = clock.after(holdMs, () => {
      this.#cancelHold = undefined;
      onTry();
    });
  }

  close(): void {
    this.#cancelWatch?.();
    this.#cancelHold?.();
    this.#cancelHold = undefined;
    this.#state = { state: 'closed', sinceMs: this.#options.clock.nowMs() };
  }

  #watch(delayMs: number): void {
    const { clock } = this.#options;
    this.#cancelWatch = clock.after(delayMs, () => {
      this.#cancelWatch = undefined;
      if (this.#underWay === 0) return;
      const quietMs = clock.monotonicMs() - this.#quietSinceMs;
      if (quietMs < silentAfterMs) this.#watch(silentAfterMs - quietMs);
      else this.#fallSilent();
    });
  }

  #fallSilent(): void {
    const { state } = this.#state;
    if (state === 'connecting' || state === 'connected') {
      this.#state = { state: 'silent', sinceMs: this.#options.clock.nowMs() };
    }
  }
}
