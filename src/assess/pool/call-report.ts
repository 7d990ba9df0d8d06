import type { Attempt } from './attempt.ts';
import type { ModelReply } from './model-pool.ts';
import type { CallReport } from './pool-observer.ts';
import type { Verdict } from './verdict.ts';

/** What is told of a call that is over. */
export function reportOf(
  { key, purpose, lease }: Attempt,
  verdict: Verdict,
  { nowMs, isInvalid }: { readonly nowMs: number; readonly isInvalid: boolean },
): CallReport {
  const usage = verdict.kind === 'answered' ? verdict.completion.usage : undefined;
  return {
    keyId: key.id,
    groupId: key.group.id,
    endpointId: key.endpoint.info.id,
    model: key.endpoint.info.model,
    purpose,
    outcome: isInvalid ? 'invalid-answer' : verdict.kind,
    ...(verdict.kind === 'refused' ? { limit: verdict.limit } : {}),
    latencyMs: nowMs - lease.takenAtMs,
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The reply of a call that answered its question. */
export function answerOf(
  { task, key, lease }: Attempt,
  { completion }: Extract<Verdict, { kind: 'answered' }>,
  nowMs: number,
): ModelReply {
  return {
    outcome: 'answered',
    text: completion.text,
    model: key.endpoint.info.model,
    endpointId: key.endpoint.info.id,
    keyId: key.id,
    latencyMs: nowMs - lease.takenAtMs,
    attempts: task.calls,
    hedged: task.isHedged,
    usage: completion.usage ?? { promptTokens: 0, answerTokens: 0, cachedTokens: 0 },
  };
}

/** Tokens that a call has cost: as the provider says, else what was set aside, where it may count them silently. */
export function costOf({ lease }: Attempt, verdict: Verdict): number {
  if (verdict.kind === 'answered' && verdict.completion.usage !== undefined) {
    const { promptTokens, answerTokens } = verdict.completion.usage;
    return promptTokens + answerTokens;
  }
  const mayCost = ['answered', 'timeout', 'cancelled', 'broken-answer'].includes(verdict.kind);
  return mayCost ? lease.tokens : 0;
}
