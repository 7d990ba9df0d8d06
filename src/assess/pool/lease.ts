import type { PoolKey } from './pool-key.ts';
import type { GroupPlace } from './quota-group.ts';
import { leftAt, type Slot } from './request-pacer.ts';
import type { Rest } from './rest.ts';

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
  readonly #slot: Slot | undefined;
  readonly #place: GroupPlace;
  readonly #trials: readonly Rest[];
  #isHeld = true;

  constructor(key: PoolKey, nowMs: number, tokens: number) {
    this.key = key;
    this.takenAtMs = nowMs;
    this.tokens = tokens;
    this.#slot = key.takePlace(nowMs);
    this.inFlight = key.inFlight;
    this.#place = key.group.take(nowMs, tokens);
    this.#trials = [key.rest, key.group.rest, key.endpoint.breaker.rest].filter((rest) => rest.begin(nowMs));
  }

  get isTrial(): boolean {
    return this.#trials.length > 0;
  }

  /** The call has left only now: its place counts from here. */
  leftAt(nowMs: number): void {
    leftAt(this.#slot, nowMs);
    this.key.group.leftAt(this.#place, nowMs);
  }

  /** Of the rests that this call tries out, those that it has proved to be over. */
  endTrials(rests: readonly Rest[], result: 'well' | 'unknown'): void {
    for (const rest of rests) if (this.#trials.includes(rest)) rest.endTrial(result);
  }

  /** Tokens that the call really took; without it, what was set aside counts as used. */
  settle(usedTokens: number, nowMs: number): void {
    this.key.group.settle(this.#place, usedTokens, nowMs);
  }

  /** Gives its place in flight back; trials that nobody has ended are due again. */
  release(): void {
    if (!this.#isHeld) throw new Error(`the lease on key ${this.key.id} has been released before`);
    this.#isHeld = false;
    this.key.inFlight -= 1;
    for (const rest of this.#trials) rest.endTrial('unknown');
  }
}
