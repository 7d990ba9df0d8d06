import type { PoolKey } from './pool-key.ts';
import type { PoolTask } from './pool-task.ts';
import type { Candidate, Strategy } from './strategies.ts';

/** A trial that nobody wanted for this long is given to an urgent task, too. */
const overdueMs = 5000;

export interface Choice {
  /** The key to send with, now. */
  readonly key?: PoolKey;
  /** Where there is none: when it makes sense to look again, if nothing else happens before. */
  readonly wakeAtMs: number;
}

export interface ChoiceContext {
  readonly nowMs: number;
  readonly patienceMs: number;
  readonly strategy: Strategy;
}

const never: Choice = { wakeAtMs: Number.POSITIVE_INFINITY };

/** Which key a task is sent with: of those that can answer in time, the ones that it has least against. */
export function chooseKey(
  task: PoolTask,
  keys: Iterable<PoolKey>,
  { nowMs, patienceMs, strategy }: ChoiceContext,
): Choice {
  const candidates = candidatesFor(task, keys, nowMs);
  const trial = candidates.find(({ key, readyAtMs }) => key.needsTrial && readyAtMs <= nowMs);
  if (trial !== undefined && isTrialFor(task, trial, candidates, nowMs)) return { key: trial.key, wakeAtMs: nowMs };
  const chosen = strategy(trial === undefined ? candidates : candidates.filter(({ key }) => !key.needsTrial), {
    nowMs,
    patienceMs,
  });
  if (chosen === undefined) return never;
  return chosen.readyAtMs <= nowMs ? { key: chosen.key, wakeAtMs: nowMs } : { wakeAtMs: chosen.readyAtMs };
}

/** A key for a second call beside the first: another one that is ready, and in good health. */
export function chooseHedgeKey(
  task: PoolTask,
  keys: Iterable<PoolKey>,
  { nowMs, strategy }: Pick<ChoiceContext, 'nowMs' | 'strategy'>,
): PoolKey | undefined {
  const running = [...task.running];
  const others = candidatesFor(task, keys, nowMs).filter(
    ({ key, readyAtMs }) => readyAtMs <= nowMs && !key.needsTrial && running.every((attempt) => attempt.key !== key),
  );
  const elsewhere = others.filter(({ key }) => running.every((attempt) => attempt.key.group !== key.group));
  return strategy(elsewhere.length > 0 ? elsewhere : others, { nowMs, patienceMs: 0 })?.key;
}

/**
 * Keys that could take the task and answer in time: of these, those that it avoids least. A key that is busy keeps
 * others that are avoided more from being taken: it will be free soon.
 */
function candidatesFor(task: PoolTask, keys: Iterable<PoolKey>, nowMs: number): Candidate[] {
  let candidates: Candidate[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const key of keys) {
    const restedAtMs = key.restedAtMs();
    if (key.isDraining || restedAtMs === Number.POSITIVE_INFINITY) continue;
    const neededMs = key.endpoint.neededMs(nowMs);
    if (Math.max(nowMs, restedAtMs) + neededMs > task.deadlineMs) continue;
    const avoidance = task.avoidanceOf(key);
    if (avoidance > least) continue;
    if (avoidance < least) {
      least = avoidance;
      candidates = [];
    }
    if (!key.hasRoom) continue;
    const tokens = key.endpoint.estimate.corrected(task.estimatedTokens);
    const readyAtMs = Math.max(restedAtMs, key.pacedAtMs(nowMs, tokens));
    if (Math.max(nowMs, readyAtMs) + neededMs <= task.deadlineMs) candidates.push({ key, readyAtMs });
  }
  return candidates;
}

/** Trials are for tasks that can bear it; urgent ones take them where there is nothing else, or nobody did for long. */
function isTrialFor(task: PoolTask, trial: Candidate, candidates: readonly Candidate[], nowMs: number): boolean {
  if (task.priority !== 'high') return true;
  if (nowMs - trial.readyAtMs > overdueMs) return true;
  return candidates.every(({ key }) => key.needsTrial);
}
