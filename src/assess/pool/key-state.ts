import type { Clock } from '../../time/clock.ts';
import type { EndpointState, GroupState, KeyCondition, KeyState, RestState } from './model-pool.ts';
import type { PoolKey } from './pool-key.ts';
import type { Rest } from './rest.ts';
import type { RestCause, RestReason } from './rest-reason.ts';

const ofUsualCall = 1;

/** Conditions in which a key takes calls, now or after its pace. */
const usable: ReadonlySet<KeyCondition> = new Set(['ready', 'paced', 'busy']);

interface Condition {
  readonly condition: KeyCondition;
  readonly words: string;
  /** Monotonic ms. */
  readonly untilMs?: number;
  readonly reason?: RestReason | undefined;
}

/** How a key stands, for people: its condition in words, why, and until when. */
export function keyStateOf(key: PoolKey, clock: Clock): KeyState {
  const { condition, words, untilMs, reason } = conditionOf(key, clock.monotonicMs());
  const p95LatencyMs = key.usage.p95Ms();
  return {
    id: key.id,
    group: key.group.id,
    endpoint: key.endpoint.info.id,
    model: key.endpoint.info.model,
    condition,
    words,
    ...reason,
    ...until(untilMs, clock),
    inFlight: key.inFlight,
    limit: key.concurrency.value,
    ...key.counts,
    ...(p95LatencyMs === undefined ? {} : { p95LatencyMs: Math.round(p95LatencyMs) }),
    tokensToday: key.usage.tokensOn(clock.nowMs()),
  };
}

/** The quota groups that keys belong to. */
export function groupStatesOf(keys: readonly PoolKey[], clock: Clock): GroupState[] {
  const groups = [...new Set(keys.map(({ group }) => group))];
  return groups.map(({ id, rest }) => ({ id, ...restStateOf(rest, clock) }));
}

/** The endpoints that keys use. */
export function endpointStatesOf(keys: readonly PoolKey[], clock: Clock): EndpointState[] {
  const endpoints = [...new Set(keys.map(({ endpoint }) => endpoint))];
  return endpoints.map(({ info: { id, model }, breaker }) => ({ id, model, ...restStateOf(breaker.rest, clock) }));
}

/** Whether a key takes calls. */
export function isUsable({ condition }: Pick<KeyState, 'condition'>): boolean {
  return usable.has(condition);
}

/** Share of a key's calls that were answered; none before the first has ended. */
export function successRateOf({ successes, refusals, failures }: KeyState): number | undefined {
  const ended = successes + refusals + failures;
  return ended === 0 ? undefined : successes / ended;
}

/** The first that holds. */
function conditionOf(key: PoolKey, nowMs: number): Condition {
  const { group, endpoint, rest } = key;
  const { breaker } = endpoint;
  if (key.isDraining) return { condition: 'draining', words: 'taken out; its last calls are on their way' };
  if (isResting(rest, nowMs)) {
    const words = `not accepted by the provider${said(rest)}; it is tried again now and then`;
    return { condition: 'quarantined', words, untilMs: rest.untilMs, reason: rest.reason };
  }
  if (isResting(group.rest, nowMs)) {
    const { reason, untilMs } = group.rest;
    const words = `group ${group.id} rests: ${(reason && wordsOfLimit[reason.cause]) ?? 'it was refused'}`;
    return { condition: 'cooling', words, untilMs, reason };
  }
  if (isResting(breaker.rest, nowMs)) {
    const words = `endpoint ${endpoint.info.id} fails and rests${said(breaker.rest)}`;
    return { condition: 'endpoint-down', words, untilMs: breaker.rest.untilMs, reason: breaker.rest.reason };
  }
  if (key.needsTrial) {
    const { reason } = [rest, group.rest, breaker.rest].find(({ isNone }) => !isNone) ?? rest;
    return { condition: 'on-trial', words: 'its rest is over; one call finds out whether all is well', reason };
  }
  if (!key.hasRoom) return { condition: 'busy', words: 'as many calls in flight as it bears' };
  const pacedAtMs = key.pacedAtMs(nowMs, ofUsualCall);
  if (pacedAtMs > nowMs) {
    return { condition: 'paced', words: 'its limits let the next call through in a moment', untilMs: pacedAtMs };
  }
  return { condition: 'ready', words: 'ready' };
}

function restStateOf(rest: Rest, clock: Clock): RestState {
  if (rest.isNone) return { condition: 'ready' };
  if (!isResting(rest, clock.monotonicMs())) return { condition: 'on-trial', ...rest.reason };
  return { condition: 'resting', ...until(rest.untilMs, clock), ...rest.reason };
}

/** Its rest is not over, and nobody tries it out. */
function isResting(rest: Rest, nowMs: number): boolean {
  return rest.readyAtMs() > nowMs && !rest.isOnTrial;
}

function said({ reason }: Rest): string {
  return reason === undefined ? '' : ` (${reason.detail})`;
}

/** The same moment, UTC. */
function until(monotonicMs: number | undefined, clock: Clock): { readonly untilMs?: number } {
  return monotonicMs === undefined ? {} : { untilMs: Math.round(clock.nowMs() + monotonicMs - clock.monotonicMs()) };
}

const wordsOfLimit: Readonly<Partial<Record<RestCause, string>>> = {
  requests: 'the provider counted too many requests',
  tokens: 'the provider counted too many tokens',
  ramp: 'the provider found that requests grew too fast',
  concurrency: 'the provider counted too many requests at a time',
  account: 'the account is out of quota or unpaid',
};
