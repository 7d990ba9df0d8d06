import type { Random } from '../../time/random.ts';
import type { EndpointSpec } from '../keys/key-set.ts';
import { Breaker } from './breaker.ts';
import { LatencyWindow } from './latency-window.ts';
import type { EndpointInfo } from './model-pool.ts';
import type { PoolOptions } from './pool-options.ts';
import { TokenEstimate } from './token-estimate.ts';

/** Nobody's vision model answers sooner: what a call needs at least while its endpoint's latency is unknown. */
const leastLatencyMs = 200;
/** A task is not sent where fewer than so many of ten calls would be back in time. */
const inTimeShare = 0.9;
const slowShare = 0.95;

/** A model at an address: what is known of its latency, its tokens and its health. Keys of several groups may use it. */
export class Endpoint {
  readonly info: EndpointInfo;
  readonly baseUrl: string;
  readonly breaker: Breaker;
  readonly latency: LatencyWindow;
  readonly estimate = new TokenEstimate();

  constructor({ id, model, structuredOutput, baseUrl }: EndpointSpec, options: PoolOptions, random: Random) {
    this.info = { id, model, structuredOutput };
    this.baseUrl = baseUrl;
    this.breaker = new Breaker(options.cooling, random);
    this.latency = new LatencyWindow(options.expectedLatencyMs);
  }

  /** Time that a call should have left, so that it probably makes sense (p90; little while nothing is known). */
  neededMs(nowMs: number): number {
    return this.latency.quantileMs(inTimeShare, nowMs) ?? leastLatencyMs;
  }

  /** A call that takes longer than this is a straggler (p95); none while too little is known. */
  slowMs(nowMs: number): number | undefined {
    return this.latency.quantileMs(slowShare, nowMs);
  }

  /** Whether it is another one now: then what was learned of it counts no more. */
  differsFrom(spec: EndpointSpec): boolean {
    const { model, structuredOutput } = this.info;
    return spec.baseUrl !== this.baseUrl || spec.model !== model || spec.structuredOutput !== structuredOutput;
  }
}
