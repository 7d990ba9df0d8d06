import type { Random } from '../../time/random.ts';
import type { GroupSpec, QuotaLimits } from '../keys/key-set.ts';
import { Backoff } from './backoff.ts';
import { LearnedShare } from './learned-share.ts';
import type { PoolOptions } from './pool-options.ts';
import { RampGuard } from './ramp-guard.ts';
import { leftAt, RequestPacer, type Slot } from './request-pacer.ts';
import { Rest } from './rest.ts';
import { reasonOf } from './rest-reason.ts';
import { TokenAllowance, type TokenReservation } from './token-allowance.ts';
import type { Verdict } from './verdict.ts';

/** An account that cannot pay is asked again after this long. */
const accountRestMs = 300_000;

/** A call's place within a group's limits. */
export interface GroupPlace {
  readonly slot: Slot | undefined;
  readonly tokens: TokenReservation | undefined;
}

/** Keys that a provider counts together: their limits, what was learned of these, and their rest after a refusal. */
export class QuotaGroup {
  readonly id: string;
  readonly rest = new Rest();
  readonly #options: PoolOptions;
  readonly #backoff: Backoff;
  readonly #requests: RequestPacer;
  readonly #requestShare = new LearnedShare();
  readonly #tokenShare = new LearnedShare();
  #tokens: TokenAllowance | undefined;
  #ramp: RampGuard | undefined;

  constructor({ id, limits }: GroupSpec, options: PoolOptions, random: Random) {
    this.id = id;
    this.#options = options;
    this.#backoff = new Backoff(options.cooling, random);
    this.#requests = new RequestPacer({}, options.pacing.guardMs);
    this.limit(limits);
  }

  /** Other limits, from now on; what was used under the old ones still counts. */
  limit(limits: QuotaLimits): void {
    this.#requests.limit(limits);
    this.#limitTokens(limits.tokensPerMinute);
    const { perSecond } = this.#requests;
    if (this.#options.ramp === undefined || perSecond === Number.POSITIVE_INFINITY) this.#ramp = undefined;
    else if (this.#ramp === undefined) this.#ramp = new RampGuard(this.#options.ramp, perSecond);
    else this.#ramp.limit(perSecond);
  }

  /** The first moment at which its limits let a call of so many tokens through; rests are not looked at. */
  earliestMs(nowMs: number, tokens: number): number {
    return Math.max(
      this.#requests.earliestMs(this.#requestShare.at(nowMs)),
      this.#ramp?.earliestMs(nowMs) ?? Number.NEGATIVE_INFINITY,
      this.#tokens?.earliestMs(nowMs, tokens, this.#tokenShare.at(nowMs)) ?? Number.NEGATIVE_INFINITY,
    );
  }

  /** Takes a call's place within the limits. */
  take(nowMs: number, tokens: number): GroupPlace {
    const slot = this.#requests.take(nowMs, this.#requestShare.at(nowMs));
    this.#ramp?.take(nowMs);
    return { slot, tokens: this.#tokens?.reserve(nowMs, tokens) };
  }

  /** The call has left only now. */
  leftAt({ slot }: GroupPlace, nowMs: number): void {
    leftAt(slot, nowMs);
  }

  settle({ tokens }: GroupPlace, usedTokens: number, nowMs: number): void {
    if (tokens !== undefined) this.#tokens?.settle(tokens, usedTokens, nowMs);
  }

  succeeded(): void {
    this.#backoff.succeeded();
  }

  /** The provider refused a call of this group. */
  refused(verdict: Extract<Verdict, { kind: 'refused' }>, nowMs: number): void {
    const { limit, retryAfterMs } = verdict;
    if (limit === 'requests') this.#requestShare.refused(nowMs);
    if (limit === 'tokens') this.#tokenShare.refused(nowMs);
    if (limit === 'ramp') this.#ramp?.restart();
    const isNew = this.rest.isNone || this.rest.isOnTrial;
    // Calls in flight when the first was refused say nothing new; what the provider asks for counts in any case.
    const restMs = retryAfterMs ?? (limit === 'account' ? accountRestMs : isNew ? this.#backoff.next() : 0);
    if (restMs > 0) this.rest.restUntil(nowMs + restMs, reasonOf(verdict));
  }

  /** Calls a second, of `tokens` each, that it lets through now. */
  perSecond(nowMs: number, tokens: number): number {
    return Math.min(
      this.#requests.perSecond * this.#requestShare.at(nowMs),
      this.#ramp?.allowedPerSecond(nowMs) ?? Number.POSITIVE_INFINITY,
      this.#tokens === undefined
        ? Number.POSITIVE_INFINITY
        : (this.#tokens.perSecond * this.#tokenShare.at(nowMs)) / tokens,
    );
  }

  #limitTokens(perMinute: number | undefined): void {
    if (perMinute === undefined) this.#tokens = undefined;
    else if (this.#tokens === undefined) this.#tokens = new TokenAllowance(perMinute, this.#options.pacing.guardMs);
    else this.#tokens.limit(perMinute);
  }
}
