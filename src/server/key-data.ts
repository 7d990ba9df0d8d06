/** How the keys stand, as the wire tells it. */
import type { KeyReport } from '../assess/key-report.ts';
import { successRateOf } from '../assess/pool/key-state.ts';
import type { KeyState } from '../assess/pool/model-pool.ts';
import type { KeyData, KeyListData } from './messages.ts';

/** What there is to report; without keys of its own, whether another process judges, or nobody does. */
export type KeyAnswer = KeyReport | 'elsewhere' | 'nobody';

/** `nowMs`: UTC. */
export function keyListData(report: KeyAnswer, nowMs: number): KeyListData {
  if (typeof report === 'string') return { nowMs, judge: { by: report }, keys: [], groups: [], endpoints: [] };
  const { judge, lastMinute, keys, groups, endpoints, load, problem } = report;
  const { queued, maxQueued, inFlight, maxInFlight, spent, countedSinceMs, tokensPerDay, isBudgetShort } = load;
  return {
    nowMs,
    judge,
    lastMinute,
    keys: keys.map(keyData),
    groups,
    endpoints,
    pool: {
      inFlight,
      maxInFlight,
      queued,
      maxQueued,
      tokensToday: spent.tokens,
      countedSinceMs,
      ...(tokensPerDay === undefined ? {} : { tokensPerDay }),
      budgetShort: isBudgetShort,
    },
    ...(problem === undefined ? {} : { fileProblem: problem }),
  };
}

function keyData(key: KeyState): KeyData {
  const successRate = successRateOf(key);
  return successRate === undefined ? key : { ...key, successRate };
}
