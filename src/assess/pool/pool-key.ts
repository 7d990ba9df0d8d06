import type { Random } from '../../time/random.ts';
import type { KeySpec } from '../keys/key-set.ts';
import type { Secret } from '../keys/secret.ts';
import { Backoff } from './backoff.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';
import type { Endpoint } from './endpoint.ts';
import { KeyUsage } from './key-usage.ts';
import type { PoolOptions } from './pool-options.ts';
import type { QuotaGroup } from './quota-group.ts';
import { RequestPacer, type Slot } from './request-pacer.ts';
import { Rest } from './rest.ts';

/** Calls of a key, counted. */
export interface KeyCounts {
  calls: number;
  successes: number;
  refusals: number;
  failures: number;
}

/** One key: its own limits, its quarantine, how many calls it has in flight. Group and endpoint are shared. */
export class PoolKey {
  readonly id: string;
  readonly secret: Secret;
  readonly group: QuotaGroup;
  readonly endpoint: Endpoint;
  readonly concurrency: ConcurrencyLimit;
  /** Quarantine: while the provider does not accept the key. */
  readonly rest = new Rest();
  readonly quarantine: Backoff;
  readonly usage = new KeyUsage();
  readonly counts: KeyCounts = { calls: 0, successes: 0, refusals: 0, failures: 0 };
  readonly #pacer: RequestPacer;
  weight = 1;
  inFlight = 0;
  /** The number of the pool's last call with it: ties go to the one that waited longest. */
  lastUse = 0;
  /** Taken out of the configuration: no new calls. */
  isDraining = false;

  constructor(
    spec: KeySpec,
    shared: { readonly group: QuotaGroup; readonly endpoint: Endpoint },
    options: PoolOptions,
    random: Random,
  ) {
    this.id = spec.id;
    this.secret = spec.secret;
    this.group = shared.group;
    this.endpoint = shared.endpoint;
    this.concurrency = new ConcurrencyLimit({ initial: options.initialKeyLimit, most: options.maxInFlight });
    this.quarantine = new Backoff(options.quarantine, random);
    this.#pacer = new RequestPacer({}, options.pacing.guardMs);
    this.adjust(spec);
  }

  /** What may change while it is in use. */
  adjust({ limits, priority }: KeySpec): void {
    this.#pacer.limit(limits);
    this.weight = Math.max(1, priority);
  }

  get hasRoom(): boolean {
    return this.inFlight < this.concurrency.value;
  }

  /** When the rests of key, group and endpoint are over; `Infinity` while one of them is on trial. */
  restedAtMs(): number {
    return Math.max(this.rest.readyAtMs(), this.group.rest.readyAtMs(), this.endpoint.breaker.rest.readyAtMs());
  }

  /** When its limits, and its group's, let a call of so many tokens through. */
  pacedAtMs(nowMs: number, tokens: number): number {
    return Math.max(this.#pacer.earliestMs(), this.group.earliestMs(nowMs, tokens));
  }

  /** Whether a call that is sent now would be a trial of key, group or endpoint. */
  get needsTrial(): boolean {
    return !(this.rest.isNone && this.group.rest.isNone && this.endpoint.breaker.rest.isNone);
  }

  /** Calls a second that it would bear alone, as far as is known. */
  perSecond(nowMs: number): number {
    const byLatency = (this.concurrency.value * 1000) / this.endpoint.latency.meanMs(nowMs);
    return Math.min(byLatency, this.#pacer.perSecond);
  }

  /** A call takes its place in flight and within the key's own limits. */
  takePlace(nowMs: number): Slot | undefined {
    this.inFlight += 1;
    this.counts.calls += 1;
    return this.#pacer.take(nowMs);
  }
}
