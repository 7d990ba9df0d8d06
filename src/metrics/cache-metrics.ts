import type { Registry } from 'prom-client';
import { type CacheStats, cacheDropReasons } from '../cache/cache.ts';
import { registerGauges, registerLabelledCounter } from './reading.ts';

/** The cache of joined results for other programs; read when metrics are scraped. */
export function registerCacheMetrics(registry: Registry, stats: () => CacheStats): void {
  registerLabelledCounter(registry, {
    name: 'cache_writes_total',
    help: 'Detections and alerts that were put into the cache.',
    labelNames: ['kind'],
    read: () => {
      const { detections, alerts } = stats();
      return [
        [{ kind: 'detection' }, detections],
        [{ kind: 'alert' }, alerts],
      ];
    },
  });
  registerLabelledCounter(registry, {
    name: 'cache_dropped_total',
    help: 'Detections and alerts that were given to the cache and did not stay or get in.',
    labelNames: ['reason'],
    read: () => {
      const { dropped } = stats();
      return cacheDropReasons.map((reason) => [{ reason }, dropped[reason]]);
    },
  });
  registerLabelledCounter(registry, {
    name: 'cache_errors_total',
    help: 'Failures of the cache, those included that another try has made good.',
    labelNames: ['code'],
    read: () => [...stats().errors].map(([code, count]) => [{ code }, count]),
  });
  registerGauges(registry, [
    ['cache_waiting', 'Detections and alerts that wait to be put into the cache.', () => stats().waiting],
    ['cache_up', 'Whether the cache works: 1 or 0.', () => Number(isUp(stats()))],
  ]);
}

function isUp({ state: { state } }: CacheStats): boolean {
  return state === 'connected' || state === 'in-process';
}
