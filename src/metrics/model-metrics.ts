import { Counter, Histogram, type Registry } from 'prom-client';
import type { PoolLoad } from '../assess/pool/key-pool.ts';
import { isUsable, successRateOf } from '../assess/pool/key-state.ts';
import type { KeyState } from '../assess/pool/model-pool.ts';
import type { CallReport, PoolObserver } from '../assess/pool/pool-observer.ts';
import { registerGauges, registerLabelledGauge } from './reading.ts';

/** What is read when metrics are scraped. */
export interface PoolReadings {
  keys(): readonly KeyState[];
  load(): PoolLoad;
}

/** A call to a model, in seconds. */
const latencyBuckets = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 30, 60];
/** From the question to its first call, in seconds: at once, or paced. */
const waitBuckets = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8];
/** The pool's own part of a call, in seconds. */
const overheadBuckets = [0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005, 0.02];

/** Calls to the model and the keys that they are made with; keys are named by id, never by themselves. */
export class ModelMetrics {
  readonly #requests: Counter<'key_id' | 'outcome' | 'purpose'>;
  readonly #latency: Histogram;
  readonly #tokens: Counter<'type'>;
  readonly #wait: Histogram<'priority'>;
  readonly #overhead: Histogram;
  readonly #hedges: Counter<'event'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'llm_requests_total',
      help: 'Calls to a model, by key, how they ended and why they were sent.',
      labelNames: ['key_id', 'outcome', 'purpose'],
      registers,
    });
    this.#latency = new Histogram({
      name: 'llm_latency_seconds',
      help: 'From the sending of a call to the last byte of its answer; those that were cancelled left out.',
      buckets: latencyBuckets,
      registers,
    });
    this.#tokens = new Counter({
      name: 'llm_token_usage_total',
      help: 'Tokens as the provider counted them: prompt, answer, and of the prompt those that it had cached.',
      labelNames: ['type'],
      registers,
    });
    this.#wait = new Histogram({
      name: 'llm_queue_wait_seconds',
      help: 'From a question to its first call, by priority.',
      labelNames: ['priority'],
      buckets: waitBuckets,
      registers,
    });
    this.#overhead = new Histogram({
      name: 'llm_pool_overhead_seconds',
      help: "The pool's own part of a call: from choosing a key to the request's last byte in the socket.",
      buckets: overheadBuckets,
      registers,
    });
    this.#hedges = new Counter({
      name: 'llm_hedges_total',
      help: 'Second calls for urgent questions: sent, and won.',
      labelNames: ['event'],
      registers,
    });
    for (const type of ['prompt', 'answer', 'cached']) this.#tokens.inc({ type }, 0);
    for (const event of ['sent', 'won']) this.#hedges.inc({ event }, 0);
  }

  /** What the pool tells these metrics. */
  get observer(): Pick<PoolObserver, 'onCall' | 'onWait' | 'onOverhead' | 'onHedge'> {
    return {
      onCall: (report) => this.#call(report),
      onWait: (priority, waitMs) => this.#wait.observe({ priority }, waitMs / 1000),
      onOverhead: (overheadMs) => this.#overhead.observe(overheadMs / 1000),
      onHedge: (event) => this.#hedges.inc({ event }),
    };
  }

  #call({ keyId, outcome, purpose, latencyMs, usage }: CallReport): void {
    this.#requests.inc({ key_id: keyId, outcome, purpose });
    if (outcome !== 'cancelled') this.#latency.observe(latencyMs / 1000);
    if (usage === undefined) return;
    this.#tokens.inc({ type: 'prompt' }, usage.promptTokens);
    this.#tokens.inc({ type: 'answer' }, usage.answerTokens);
    this.#tokens.inc({ type: 'cached' }, usage.cachedTokens);
  }
}

/** Registers what is read of the pool and its keys when metrics are scraped; `nowMs` is UTC. */
export function registerPoolReadings(registry: Registry, pool: PoolReadings, nowMs: () => number): void {
  registerGauges(registry, [
    ['llm_concurrent_tasks', 'Calls to a model that are in flight.', () => pool.load().inFlight],
    ['llm_queued_tasks', 'Questions that wait for a key.', () => pool.load().queued],
    ['llm_tokens_today', 'Tokens spent since midnight (UTC).', () => pool.load().spent.tokens],
    ['api_key_pool_size', 'API keys.', () => pool.keys().length],
  ]);
  const ofKeys: readonly (readonly [name: string, help: string, read: (key: KeyState) => number])[] = [
    ['api_key_status', 'Whether a key takes calls: 1 or 0.', (key) => Number(isUsable(key))],
    [
      'api_key_success_rate',
      "Share of a key's calls that were answered; 1 before the first.",
      (key) => successRateOf(key) ?? 1,
    ],
    ['api_key_total_calls', 'Calls with a key.', ({ calls }) => calls],
    [
      'api_key_cooldown_seconds',
      'How long a key will rest; 0 where it does not.',
      (key) => (isUsable(key) ? 0 : Math.max(0, (key.untilMs ?? 0) - nowMs()) / 1000),
    ],
    ['api_key_in_flight', 'Calls with a key that are in flight.', ({ inFlight }) => inFlight],
    ['api_key_limit', 'Most calls in flight that a key may have at present.', ({ limit }) => limit],
    ['api_key_refusals', 'Calls with a key that met a limit.', ({ refusals }) => refusals],
  ];
  for (const [name, help, read] of ofKeys) {
    registerLabelledGauge(registry, {
      name,
      help,
      labelNames: ['key_id'],
      read: () => drainingFirst(pool.keys()).map((key) => [{ key_id: key.id }, read(key)]),
    });
  }
}

/** A key whose secret was changed is there twice for a while: what is set last, counts. */
function drainingFirst(keys: readonly KeyState[]): readonly KeyState[] {
  const isDraining = ({ condition }: KeyState) => condition === 'draining';
  return [...keys.filter(isDraining), ...keys.filter((key) => !isDraining(key))];
}
