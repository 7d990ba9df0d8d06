import type { SelectionStrategy } from '../keys/key-set.ts';
import type { PoolKey } from './pool-key.ts';

/** A key that could take a call, and the first moment at which it could. */
export interface Candidate {
  readonly key: PoolKey;
  readonly readyAtMs: number;
}

export interface StrategyContext {
  readonly nowMs: number;
  /** How long those who wait behind would wait: a worse key is taken where waiting for a better one costs more. */
  readonly patienceMs: number;
}

/**
 * Chooses among keys. The chosen one may not be ready yet: then it is worth waiting for. None only where there are no
 * candidates.
 */
export type Strategy = (candidates: readonly Candidate[], context: StrategyContext) => Candidate | undefined;

/** Completions that are this close count as equal; ties go to the key that waited longest. */
const tieMs = 1;

/** The strategy of that name, with its own memory. */
export function strategyOf(name: SelectionStrategy): Strategy {
  switch (name) {
    case 'least_loaded':
      return leastLoaded;
    case 'round_robin':
      return roundRobin;
    case 'weighted':
      return smoothWeighted();
  }
}

/** The least expected completion: the wait for a slot, and the endpoint's latency under the key's load. */
function leastLoaded(candidates: readonly Candidate[], { nowMs, patienceMs }: StrategyContext): Candidate | undefined {
  let best: Candidate | undefined;
  let bestMs = Number.POSITIVE_INFINITY;
  let bestReady: Candidate | undefined;
  let bestReadyMs = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const costMs = expectedMs(candidate, nowMs);
    if (isBetter(candidate, costMs, best, bestMs)) {
      best = candidate;
      bestMs = Math.min(bestMs, costMs);
    }
    if (candidate.readyAtMs <= nowMs && isBetter(candidate, costMs, bestReady, bestReadyMs)) {
      bestReady = candidate;
      bestReadyMs = Math.min(bestReadyMs, costMs);
    }
  }
  return bestReady !== undefined && bestReadyMs <= bestMs + patienceMs ? bestReady : best;
}

function isBetter(candidate: Candidate, costMs: number, best: Candidate | undefined, bestMs: number): boolean {
  if (best === undefined || costMs < bestMs - tieMs) return true;
  return costMs <= bestMs + tieMs && candidate.key.lastUse < best.key.lastUse;
}

function expectedMs({ key, readyAtMs }: Candidate, nowMs: number): number {
  const load = 1 + key.inFlight / Math.max(1, key.concurrency.value);
  return Math.max(0, readyAtMs - nowMs) + key.endpoint.latency.meanMs(nowMs) * load;
}

/** The ready key that waited longest. */
function roundRobin(candidates: readonly Candidate[], { nowMs }: StrategyContext): Candidate | undefined {
  const ready = candidates.filter(({ readyAtMs }) => readyAtMs <= nowMs);
  return leastBy(ready, ({ key }) => key.lastUse) ?? soonest(candidates);
}

/** Each ready key in proportion to its weight, evenly mixed: smooth weighted round robin (I. Sysoev, nginx, 2012). */
function smoothWeighted(): Strategy {
  const credits = new WeakMap<PoolKey, number>();
  return (candidates, { nowMs }) => {
    const ready = candidates.filter(({ readyAtMs }) => readyAtMs <= nowMs);
    let total = 0;
    for (const { key } of ready) {
      credits.set(key, (credits.get(key) ?? 0) + key.weight);
      total += key.weight;
    }
    const chosen = leastBy(ready, ({ key }) => -(credits.get(key) ?? 0));
    if (chosen === undefined) return soonest(candidates);
    credits.set(chosen.key, (credits.get(chosen.key) ?? 0) - total);
    return chosen;
  };
}

function soonest(candidates: readonly Candidate[]): Candidate | undefined {
  return leastBy(candidates, ({ readyAtMs }) => readyAtMs);
}

function leastBy(candidates: readonly Candidate[], measure: (candidate: Candidate) => number): Candidate | undefined {
  let least: Candidate | undefined;
  for (const candidate of candidates) {
    if (least === undefined || measure(candidate) < measure(least)) least = candidate;
  }
  return least;
}
