import type { Lease } from './lease.ts';
import { type RestingVerdict, reasonOf } from './rest-reason.ts';
import type { Verdict } from './verdict.ts';

/** A call that we end speaks against its endpoint when it had this many times what nearly all calls need. */
const fairFactor = 2;

/** A rest that has begun or ended. */
export interface RestChange {
  readonly scope: 'key' | 'group' | 'endpoint';
  readonly id: string;
  /** Monotonic ms; none where the rest is over. */
  readonly untilMs?: number;
  readonly words: string;
}

/**
 * What a call's end means for who took part, by its cause: a limit for the quota group, a key that is not accepted for
 * the key, everything else for the endpoint. Returns the rests that begin or end with it. The lease stays to be
 * released.
 */
export function applyConsequences(lease: Lease, verdict: Verdict, nowMs: number): RestChange[] {
  switch (verdict.kind) {
    case 'answered':
      return answered(lease, verdict, nowMs);
    case 'bad-request':
      lease.key.counts.failures += 1;
      return proved(lease, nowMs);
    case 'refused':
      return refused(lease, verdict, nowMs);
    case 'unauthorised':
      return unauthorised(lease, verdict, nowMs);
    case 'timeout':
      return timedOut(lease, verdict, nowMs);
    case 'server-error':
      if (verdict.status === 503) lease.key.concurrency.overloaded(lease.takenAtMs, nowMs);
      return endpointFailed(lease, verdict, nowMs);
    case 'connection':
    case 'broken-answer':
      return endpointFailed(lease, verdict, nowMs);
    case 'cancelled':
      lease.key.endpoint.latency.observeAtLeast(nowMs - lease.takenAtMs, nowMs);
      return [];
  }
}

function answered(lease: Lease, { completion }: Extract<Verdict, { kind: 'answered' }>, nowMs: number): RestChange[] {
  const { key } = lease;
  const latencyMs = nowMs - lease.takenAtMs;
  key.counts.successes += 1;
  key.endpoint.latency.observe(latencyMs, nowMs);
  key.usage.answered(latencyMs);
  key.concurrency.answered({ latencyMs, inFlight: lease.inFlight }, nowMs);
  if (completion.usage !== undefined) {
    lease.settle(completion.usage.promptTokens + completion.usage.answerTokens, nowMs);
  }
  return proved(lease, nowMs);
}

/** Key, group and endpoint work: whatever of them was on trial is back. */
function proved(lease: Lease, nowMs: number): RestChange[] {
  const { key } = lease;
  const { group, endpoint } = key;
  const parts = [
    { scope: 'key', id: key.id, rest: key.rest },
    { scope: 'group', id: group.id, rest: group.rest },
    { scope: 'endpoint', id: endpoint.info.id, rest: endpoint.breaker.rest },
  ] as const;
  const resting = parts.filter(({ rest }) => !rest.isNone);
  lease.endTrials(
    parts.map(({ rest }) => rest),
    'well',
  );
  key.quarantine.succeeded();
  group.succeeded();
  endpoint.breaker.succeeded(nowMs);
  const back = resting.filter(({ rest }) => rest.isNone);
  return back.map(({ scope, id }) => ({ scope, id, words: 'it works again' }));
}

function refused(lease: Lease, verdict: Extract<Verdict, { kind: 'refused' }>, nowMs: number): RestChange[] {
  const { key } = lease;
  key.counts.refusals += 1;
  key.concurrency.overloaded(lease.takenAtMs, nowMs);
  // A refused call takes no tokens.
  lease.settle(0, nowMs);
  // Who refuses is there, and knows the key.
  lease.endTrials([key.rest, key.endpoint.breaker.rest], 'well');
  const { rest } = key.group;
  const untilMs = rest.isNone ? undefined : rest.untilMs;
  key.group.refused(verdict, nowMs);
  if (rest.isNone || rest.untilMs === untilMs) return [];
  return [{ scope: 'group', id: key.group.id, untilMs: rest.untilMs, words: verdict.words }];
}

function unauthorised(lease: Lease, verdict: Extract<Verdict, { kind: 'unauthorised' }>, nowMs: number): RestChange[] {
  const { key } = lease;
  key.counts.failures += 1;
  lease.settle(0, nowMs);
  // Calls in flight when the first was turned down say nothing new.
  if (!key.rest.isNone && !key.rest.isOnTrial) return [];
  key.rest.restUntil(nowMs + key.quarantine.next(), reasonOf(verdict));
  return [{ scope: 'key', id: key.id, untilMs: key.rest.untilMs, words: verdict.words }];
}

function timedOut(lease: Lease, verdict: Extract<Verdict, { kind: 'timeout' }>, nowMs: number): RestChange[] {
  const { endpoint } = lease.key;
  const latencyMs = nowMs - lease.takenAtMs;
  const isFair = latencyMs >= fairFactor * (endpoint.slowMs(nowMs) ?? endpoint.latency.meanMs(nowMs));
  endpoint.latency.observeAtLeast(latencyMs, nowMs);
  if (isFair) {
    lease.key.concurrency.stalled(lease.takenAtMs, nowMs);
    return endpointFailed(lease, verdict, nowMs);
  }
  lease.key.counts.failures += 1;
  return [];
}

function endpointFailed(
  lease: Lease,
  verdict: Exclude<RestingVerdict, { kind: 'refused' | 'unauthorised' }>,
  nowMs: number,
): RestChange[] {
  const { key } = lease;
  key.counts.failures += 1;
  const { breaker, info } = key.endpoint;
  const retryAfterMs = verdict.kind === 'server-error' ? verdict.retryAfterMs : undefined;
  if (!breaker.failed(reasonOf(verdict), nowMs, retryAfterMs)) return [];
  return [{ scope: 'endpoint', id: info.id, untilMs: breaker.rest.untilMs, words: verdict.words }];
}
