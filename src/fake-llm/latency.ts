import type { Random } from '../time/random.ts';
import type { FakeLatency } from './fake-options.ts';

/** How long an answer takes, ms: log-normal around its mean, and now and then a straggler. */
export function drawLatencyMs({ meanMs, spread, stragglerShare, stragglerMs }: FakeLatency, random: Random): number {
  // Both are drawn in any case, so that one share does not change the other's draws.
  const isStraggler = random() < stragglerShare;
  const normal = drawNormal(random);
  if (isStraggler) return stragglerMs;
  const variance = Math.log(1 + spread ** 2);
  return meanMs * Math.exp(Math.sqrt(variance) * normal - variance / 2);
}

/** Box and Muller, 1958. */
function drawNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
