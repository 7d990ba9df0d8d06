import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { CacheState, CacheStats } from '../../../src/cache/cache.ts';
import { registerCacheMetrics } from '../../../src/metrics/cache-metrics.ts';

test('what the cache did, and whether it works, is told as it is when it is asked', async () => {
  const registry = new Registry();
  let stats: CacheStats = {
    state: { state: 'connected', sinceMs: 0 },
    detections: 5,
    alerts: 2,
    waiting: 3,
    dropped: { full: 1, expired: 0, refused: 4, closed: 0 },
    errors: new Map([['redis-lost', 6]]),
  };
  registerCacheMetrics(registry, () => stats);
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /^cache_/.test(line));
  expect(await lines()).toEqual([
    'cache_writes_total{kind="detection"} 5',
    'cache_writes_total{kind="alert"} 2',
    'cache_dropped_total{reason="full"} 1',
    'cache_dropped_total{reason="expired"} 0',
    'cache_dropped_total{reason="refused"} 4',
    'cache_dropped_total{reason="closed"} 0',
    'cache_errors_total{code="redis-lost"} 6',
    'cache_waiting 3',
    'cache_up 1',
  ]);
  const away = { sinceMs: 0, code: 'redis-lost', message: 'gone', attempt: 1, nextTryMs: 1 };
  const upByState: readonly (readonly [CacheState, number])[] = [
    [{ state: 'in-process' }, 1],
    [{ state: 'connecting', sinceMs: 0 }, 0],
    [{ state: 'retrying', ...away }, 0],
    [{ state: 'closed' }, 0],
  ];
  for (const [state, up] of upByState) {
    stats = { ...stats, state };
    expect(await lines()).toContain(`cache_up ${up}`);
  }
});
