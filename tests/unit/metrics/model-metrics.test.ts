import { Registry } from 'prom-client';
import { beforeEach, expect, test } from 'vitest';
import type { KeyState } from '../../../src/assess/pool/model-pool.ts';
import type { CallReport } from '../../../src/assess/pool/pool-observer.ts';
import { ModelMetrics, registerPoolReadings } from '../../../src/metrics/model-metrics.ts';
import { calmLoad, keyState } from '../../support/assessment.ts';

let registry: Registry;
let metrics: ModelMetrics;

beforeEach(() => {
  registry = new Registry();
  metrics = new ModelMetrics(registry);
});

async function values(name: string): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
}

const call: CallReport = {
  keyId: 'k1',
  groupId: 'g',
  endpointId: 'e',
  model: 'm',
  purpose: 'first',
  outcome: 'answered',
  latencyMs: 800,
  usage: { promptTokens: 1200, answerTokens: 100, cachedTokens: 1024 },
};

test('calls are counted by key, end and purpose, with their time and tokens', async () => {
  const { usage: _, ...failed } = call;
  metrics.observer.onCall(call);
  metrics.observer.onCall({ ...failed, outcome: 'timeout', purpose: 'retry', latencyMs: 5000 });
  metrics.observer.onCall({ ...failed, outcome: 'cancelled', purpose: 'hedge', latencyMs: 100 });
  expect(await values('llm_requests_total')).toEqual([
    'llm_requests_total{key_id="k1",outcome="answered",purpose="first"} 1',
    'llm_requests_total{key_id="k1",outcome="timeout",purpose="retry"} 1',
    'llm_requests_total{key_id="k1",outcome="cancelled",purpose="hedge"} 1',
  ]);
  expect(await values('llm_latency_seconds_count')).toEqual(['llm_latency_seconds_count 2']);
  expect(await values('llm_latency_seconds_bucket{le="1"}')).toEqual(['llm_latency_seconds_bucket{le="1"} 1']);
  expect(await values('llm_token_usage_total')).toEqual([
    'llm_token_usage_total{type="prompt"} 1200',
    'llm_token_usage_total{type="answer"} 100',
    'llm_token_usage_total{type="cached"} 1024',
  ]);
});

test('waits, hedges and the pool’s own time are told in seconds', async () => {
  metrics.observer.onWait('high', 40);
  metrics.observer.onOverhead(0.15);
  metrics.observer.onHedge('sent');
  expect(await values('llm_queue_wait_seconds_sum')).toEqual(['llm_queue_wait_seconds_sum{priority="high"} 0.04']);
  expect(await values('llm_pool_overhead_seconds_bucket{le="0.0002"}')).toEqual([
    'llm_pool_overhead_seconds_bucket{le="0.0002"} 1',
  ]);
  expect(await values('llm_hedges_total')).toEqual([
    'llm_hedges_total{event="sent"} 1',
    'llm_hedges_total{event="won"} 0',
  ]);
});

test('keys are read when metrics are scraped; one that has gone leaves nothing behind', async () => {
  const counts = { calls: 5, successes: 3, refusals: 1, failures: 0 };
  const ready = keyState({ condition: 'paced', untilMs: 1500, inFlight: 1, limit: 4, ...counts });
  let keys: readonly KeyState[] = [
    ready,
    { ...ready, id: 'k2', condition: 'cooling', untilMs: 31_000, calls: 0, successes: 0, refusals: 0 },
  ];
  const load = { ...calmLoad, queued: 7, inFlight: 3, spent: { day: 1, tokens: 9000 } };
  registerPoolReadings(registry, { keys: () => keys, load: () => load }, () => 1000);
  expect(await values('llm_concurrent_tasks')).toEqual(['llm_concurrent_tasks 3']);
  expect(await values('llm_queued_tasks')).toEqual(['llm_queued_tasks 7']);
  expect(await values('llm_tokens_today')).toEqual(['llm_tokens_today 9000']);
  expect(await values('api_key_pool_size')).toEqual(['api_key_pool_size 2']);
  expect(await values('api_key_status')).toEqual(['api_key_status{key_id="k1"} 1', 'api_key_status{key_id="k2"} 0']);
  expect(await values('api_key_success_rate')).toEqual([
    'api_key_success_rate{key_id="k1"} 0.75',
    'api_key_success_rate{key_id="k2"} 1',
  ]);
  expect(await values('api_key_total_calls')).toEqual([
    'api_key_total_calls{key_id="k1"} 5',
    'api_key_total_calls{key_id="k2"} 0',
  ]);
  expect(await values('api_key_cooldown_seconds')).toEqual([
    'api_key_cooldown_seconds{key_id="k1"} 0',
    'api_key_cooldown_seconds{key_id="k2"} 30',
  ]);
  // Its secret was changed: the old one finishes its calls.
  keys = [ready, { ...ready, condition: 'draining' }];
  expect(await values('api_key_status')).toEqual(['api_key_status{key_id="k1"} 1']);
  keys = [];
  expect(await values('api_key_status')).toEqual([]);
});
