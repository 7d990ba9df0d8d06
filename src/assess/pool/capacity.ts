import type { PoolKey } from './pool-key.ts';
import type { QuotaGroup } from './quota-group.ts';

const secondMs = 1000;

/**
 * Calls a second, of `tokens` each, that keys and groups let through as things stand: by limits, by calls in flight
 * and latency. Who rests counts nothing. An estimate, for how long a queue will take.
 */
export function capacityPerSecond(
  keys: Iterable<PoolKey>,
  { nowMs, tokens, maxInFlight }: { readonly nowMs: number; readonly tokens: number; readonly maxInFlight: number },
): number {
  const byGroup = new Map<QuotaGroup, number>();
  let leastLatencyMs = Number.POSITIVE_INFINITY;
  for (const key of keys) {
    if (key.isDraining || key.restedAtMs() > nowMs) continue;
    byGroup.set(key.group, (byGroup.get(key.group) ?? 0) + key.perSecond(nowMs));
    leastLatencyMs = Math.min(leastLatencyMs, key.endpoint.latency.meanMs(nowMs));
  }
  let sum = 0;
  for (const [group, ofKeys] of byGroup) sum += Math.min(ofKeys, group.perSecond(nowMs, tokens));
  return Math.min(sum, (maxInFlight * secondMs) / leastLatencyMs);
}
