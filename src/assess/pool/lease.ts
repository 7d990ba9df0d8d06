import type { PoolKey } from './pool-key.ts';
import type { Rest } from './rest.ts';
import type { TokenReservation } from './token-allowance.ts';

/**
 * A call's hold on a key: its place in flight and within all limits, its tokens, and the trials that it is. Taken once
 * before the call is sent, given back exactly once when it is over.
 */
export class Lease {
  readonly key: PoolKey;
  readonly takenAtMs: number;
  /** Tokens that were set aside. */
  readonly tokens: number;
  /** Calls of the key in flight when it was taken, this one included. */
  readonly inFlight: number;
  readonly #reservation: TokenReservation | undefined;
  readonly #trials: readonly Rest[];
  #isHeld = true;

  constructor(key: PoolKey, nowMs: number, tokens: number) {
    this.key = key;
    this.takenAtMs = nowMs;
    this.tokens = tokens;
    key.takePlace(nowMs);
    this.inFlight = key.inFlight;
    this.#reservation = key.group.take(nowMs, tokens);
    this.#trials = [key.rest, key.group.rest, key.endpoint.breaker.rest].filter((rest) => rest.begin(nowMs));
  }

  get isTrial(): boolean {
    return this.#trials.length > 0;
  }

  /** Of the rests that this call tries out, those that it has proved to be over. */
  endTrials(rests: readonly Rest[], result: 'well' | 'unknown'): void {
    for (const rest of rests) if (this.#trials.includes(rest)) rest.endTrial(result);
  }

  /** Tokens that the call really took; without it, what was set aside counts as used. */
  settle(usedTokens: number, nowMs: number): void {
    this.key.group.settle(this.#reservation, usedTokens, nowMs);
  }

  /** Gives its place in flight back; trials that nobody has ended are due again. */
  release(): void {
    if (!this.#isHeld) throw new Error(`the lease on key ${this.key.id} has been released before`);
    this.#isHeld = false;
    this.key.inFlight -= 1;
    for (const rest of this.#trials) rest.endTrial('unknown');
  }
}
