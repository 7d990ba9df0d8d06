import type { z } from 'zod';
import { type AccountLimits, accountLimitsSchema } from './fake-options.ts';

const secondMs = 1000;
const minuteMs = 60_000;
const rampPeriodMs = 5000;

/** Which limit a request met; the words are those of DashScope. */
export interface Refusal {
  readonly code: 'limit_requests' | 'insufficient_quota' | 'limit_burst_rate';
  readonly message: string;
}

interface Admitted {
  readonly atMs: number;
  readonly tokens: number;
}

const tooManyRequests: Refusal = {
  code: 'limit_requests',
  message: 'Requests rate limit exceeded, please try again later.',
};
const tooManyTokens: Refusal = {
  code: 'insufficient_quota',
  message: 'Allocated quota exceeded, please increase your quota limit.',
};
const tooFastGrowth: Refusal = {
  code: 'limit_burst_rate',
  message:
    'Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time.',
};

/**
 * An account at a provider: counts its admitted requests and tokens over sliding windows of a second and a minute,
 * all keys together, and refuses what is over the limit. A sixtieth of each limit of a minute holds for each second.
 */
export class Account {
  readonly #limits: z.output<typeof accountLimitsSchema>;
  #admitted: Admitted[] = [];
  readonly #periods = new Map<number, number>();

  constructor(limits: AccountLimits) {
    this.#limits = accountLimitsSchema.parse(limits);
  }

  /** A request of so many tokens: admitted, or why not. Refused ones are not counted. */
  admit(nowMs: number, tokens: number): Refusal | undefined {
    this.#forgetOld(nowMs);
    const refusal = this.#refusal(nowMs, tokens);
    if (refusal !== undefined) return refusal;
    this.#admitted.push({ atMs: nowMs, tokens });
    const period = Math.floor(nowMs / rampPeriodMs);
    this.#periods.set(period, (this.#periods.get(period) ?? 0) + 1);
    return undefined;
  }

  #refusal(nowMs: number, tokens: number): Refusal | undefined {
    const { requestsPerSecond, requestsPerMinute, tokensPerMinute, rampFactor } = this.#limits;
    const lastSecond = this.#admitted.filter(({ atMs }) => atMs > nowMs - secondMs);
    if (requestsPerSecond !== undefined && lastSecond.length + 1 > Math.max(1, requestsPerSecond))
      return tooManyRequests;
    if (requestsPerMinute !== undefined) {
      if (this.#admitted.length + 1 > requestsPerMinute) return tooManyRequests;
      if (lastSecond.length + 1 > Math.max(1, Math.ceil(requestsPerMinute / 60))) return tooManyRequests;
    }
    if (tokensPerMinute !== undefined && isOverTokens(this.#admitted, lastSecond, tokens, tokensPerMinute)) {
      return tooManyTokens;
    }
    return rampFactor !== undefined && this.#growsTooFast(nowMs, rampFactor) ? tooFastGrowth : undefined;
  }

  /** More in this period than the factor over the best of the last minute. */
  #growsTooFast(nowMs: number, factor: number): boolean {
    const current = Math.floor(nowMs / rampPeriodMs);
    const before = [...this.#periods].filter(([period]) => period < current).map(([, count]) => count);
    const free = (this.#limits.rampFreePerSecond * rampPeriodMs) / secondMs;
    const allowed = Math.max(free, Math.max(0, ...before) * factor);
    return (this.#periods.get(current) ?? 0) + 1 > Math.ceil(allowed);
  }

  #forgetOld(nowMs: number): void {
    this.#admitted = this.#admitted.filter(({ atMs }) => atMs > nowMs - minuteMs);
    const oldest = Math.floor((nowMs - minuteMs) / rampPeriodMs);
    for (const period of this.#periods.keys()) if (period < oldest) this.#periods.delete(period);
  }
}

function isOverTokens(
  minute: readonly Admitted[],
  second: readonly Admitted[],
  tokens: number,
  perMinute: number,
): boolean {
  if (sumOf(minute) + tokens > perMinute) return true;
  // A request that is larger than a second's tokens is admitted alone.
  return second.length > 0 && sumOf(second) + tokens > perMinute / 60;
}

function sumOf(admitted: readonly Admitted[]): number {
  return admitted.reduce((sum, { tokens }) => sum + tokens, 0);
}
