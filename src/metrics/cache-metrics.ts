import { Counter, type Registry } from 'prom-client';
import { type CacheStats, cacheDropReasons } from '../cache/cache.ts';
import { registerGauges } from './reading.ts';

/** The cache of joined results for other programs; read when metrics are scraped. */
export function registerCacheMetrics(registry: Registry, stats: () => CacheStats): void {
  const registers = [registry];
  new Counter({
    name: 'cache_writes_total',
    help: 'Detections and alerts that were put into the cache.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { detections, alerts } = stats();
      this.reset();
      this.inc({ kind: 'detection' }, detections);
      this.inc({ kind: 'alert' }, alerts);
    },
  });
  new Counter({
    name: 'cache_dropped_total',
    help: 'Detections and alerts that were given to the cache and did not stay or get in.',
    labelNames: ['reason'],
    registers,
    collect() {
      const { dropped } = stats();
      this.reset();
      for (const reason of cacheDropReasons) this.inc({ reason }, dropped[reason]);
    },
  });
  new Counter({
    name: 'cache_errors_total',
    help: 'Failures of the cache, those included that another try has made good.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of stats().errors) this.inc({ code }, count);
    },
  });
  registerGauges(registry, [
    ['cache_waiting', 'Detections and alerts that wait to be put into the cache.', () => stats().waiting],
    ['cache_up', 'Whether the cache works: 1 or 0.', () => Number(isUp(stats()))],
  ]);
}

function isUp({ state: { state } }: CacheStats): boolean {
  return state === 'connected' || state === 'in-process';
}
