import type { QuotaLimits } from '../keys/key-set.ts';
import { Gcra } from './gcra.ts';
import { SlidingWindow } from './sliding-window.ts';

const secondMs = 1000;
const minuteMs = 60_000;
/** A timer's lateness, which the next call may catch up with. */
const minuteToleranceMs = 2;

interface SecondLimit {
  readonly spacing: Gcra;
  readonly window: SlidingWindow;
  readonly windowMs: number;
}

interface MinuteLimit {
  readonly spacing: Gcra;
  readonly intervalMs: number;
}

/** The part of `QuotaLimits` that counts requests. */
export type RequestLimits = Pick<QuotaLimits, 'requestsPerSecond' | 'requestsPerMinute'>;

/**
 * Spaces requests so that who counts them finds no second, no minute and no sixtieth of a minute with too many:
 * evenly by both limits, and never more than the limit of a second in any second plus a guard for what the network
 * does to their distances.
 */
export class RequestPacer {
  readonly #guardMs: number;
  #limits: RequestLimits = {};
  #second: SecondLimit | undefined;
  #minute: MinuteLimit | undefined;

  constructor(limits: RequestLimits, guardMs: number) {
    this.#guardMs = guardMs;
    this.limit(limits);
  }

  /** Other limits, from now on; what was sent under the old ones still counts. */
  limit(limits: RequestLimits): void {
    const { requestsPerSecond, requestsPerMinute } = limits;
    if (requestsPerSecond !== this.#limits.requestsPerSecond) this.#second = this.#secondOf(requestsPerSecond);
    if (requestsPerMinute !== this.#limits.requestsPerMinute) this.#minute = this.#minuteOf(requestsPerMinute);
    this.#limits = limits;
  }

  /** Requests a second that it lets through in the long run. */
  get perSecond(): number {
    const second =
      this.#second === undefined
        ? Number.POSITIVE_INFINITY
        : (this.#second.window.count / this.#second.windowMs) * secondMs;
    const minute = this.#minute === undefined ? Number.POSITIVE_INFINITY : secondMs / this.#minute.intervalMs;
    return Math.min(second, minute);
  }

  /** The first moment for another request, with `share` of the limits to be used. */
  earliestMs(share = 1): number {
    let earliest = this.#minute?.spacing.earliestMs() ?? Number.NEGATIVE_INFINITY;
    if (this.#second !== undefined) {
      const { spacing, window, windowMs } = this.#second;
      earliest = Math.max(earliest, spacing.earliestMs(), window.earliestMs(windowMs / share));
    }
    return earliest;
  }

  take(nowMs: number, share = 1): void {
    if (this.#minute !== undefined) this.#minute.spacing.take(nowMs, this.#minute.intervalMs / share);
    if (this.#second === undefined) return;
    const { spacing, window, windowMs } = this.#second;
    spacing.take(nowMs, windowMs / window.count / share);
    window.take(nowMs);
  }

  #secondOf(perSecond: number | undefined): SecondLimit | undefined {
    if (perSecond === undefined) return undefined;
    // Less than one a second is one in a longer window.
    const count = Math.max(1, Math.floor(perSecond));
    const windowMs = Math.max(secondMs, secondMs / perSecond) + this.#guardMs;
    const window = this.#second?.window.resized(count) ?? new SlidingWindow(count);
    // Half an interval: enough to catch up with timers that are late, too little for two at once.
    return { spacing: new Gcra(windowMs / count / 2), window, windowMs };
  }

  #minuteOf(perMinute: number | undefined): MinuteLimit | undefined {
    if (perMinute === undefined) return undefined;
    // Each sixtieth of a minute may be counted by itself: each bears the guard, and what a late timer may catch up with.
    const secondOfCountMs = secondMs + this.#guardMs + minuteToleranceMs;
    const intervalMs = ((minuteMs / secondMs) * secondOfCountMs) / perMinute;
    return { spacing: this.#minute?.spacing ?? new Gcra(minuteToleranceMs), intervalMs };
  }
}
