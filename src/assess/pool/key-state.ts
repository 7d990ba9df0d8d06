import type { Clock } from '../../time/clock.ts';
import type { KeyCondition, KeyState } from './model-pool.ts';
import type { PoolKey } from './pool-key.ts';

const ofUsualCall = 1;

interface Condition {
  readonly condition: KeyCondition;
  readonly words: string;
  /** Monotonic ms. */
  readonly untilMs?: number;
}

/** How a key stands, for people: its condition in words, and until when. */
export function keyStateOf(key: PoolKey, clock: Clock): KeyState {
  const nowMs = clock.monotonicMs();
  const { condition, words, untilMs } = conditionOf(key, nowMs);
  const until = untilMs === undefined ? {} : { untilMs: Math.round(clock.nowMs() + untilMs - nowMs) };
  return {
    id: key.id,
    group: key.group.id,
    endpoint: key.endpoint.info.id,
    model: key.endpoint.info.model,
    condition,
    words,
    ...until,
    inFlight: key.inFlight,
    limit: key.concurrency.value,
    ...key.counts,
  };
}

/** The first that holds. */
function conditionOf(key: PoolKey, nowMs: number): Condition {
  const { group, endpoint } = key;
  const fault = key.lastFault === undefined ? '' : ` (${key.lastFault})`;
  if (key.isDraining) return { condition: 'draining', words: 'taken out; its last calls are on their way' };
  if (key.rest.readyAtMs() > nowMs && !key.rest.isOnTrial) {
    const words = `not accepted by the provider${fault}; it is tried again now and then`;
    return { condition: 'quarantined', words, untilMs: key.rest.untilMs };
  }
  if (group.rest.readyAtMs() > nowMs && !group.rest.isOnTrial) {
    const words = `group ${group.id} rests: ${group.restReason}`;
    return { condition: 'cooling', words, untilMs: group.rest.untilMs };
  }
  const { rest } = endpoint.breaker;
  if (rest.readyAtMs() > nowMs && !rest.isOnTrial) {
    const words = `endpoint ${endpoint.info.id} fails and rests${fault}`;
    return { condition: 'endpoint-down', words, untilMs: rest.untilMs };
  }
  if (key.needsTrial)
    return { condition: 'on-trial', words: 'its rest is over; one call finds out whether all is well' };
  if (!key.hasRoom) return { condition: 'busy', words: 'as many calls in flight as it bears' };
  const pacedAtMs = key.pacedAtMs(nowMs, ofUsualCall);
  if (pacedAtMs > nowMs) {
    return { condition: 'paced', words: 'its limits let the next call through in a moment', untilMs: pacedAtMs };
  }
  return { condition: 'ready', words: 'ready' };
}
