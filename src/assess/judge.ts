import type { FallbackReason } from './assessment.ts';
import { isUsable } from './pool/key-state.ts';
import type { KeyState } from './pool/model-pool.ts';
import type { AnswerCounts } from './recent-answers.ts';

/** Who judges groups at the moment, as far as that can be said of what has happened. */
export type Judge =
  /** Of the models that can be asked, those that have answered within the last minute, or all where none has. */
  | { readonly by: 'model'; readonly models: readonly string[] }
  /** There is no key. */
  | { readonly by: 'rules'; readonly why: 'no-key' }
  /** All keys rest; the first will be tried again at `untilMs` (UTC), or is being tried. */
  | { readonly by: 'rules'; readonly why: 'keys-rest'; readonly untilMs?: number }
  /** Keys can be used, but within the last minute the model was asked in vain: mostly for this reason. */
  | { readonly by: 'rules'; readonly why: 'unanswered'; readonly reason: FallbackReason };

export function judgeOf(keys: readonly KeyState[], recent: AnswerCounts): Judge {
  const inUse = keys.filter(({ condition }) => condition !== 'draining');
  if (inUse.length === 0) return { by: 'rules', why: 'no-key' };
  const usable = inUse.filter(isUsable);
  if (usable.length === 0) return { by: 'rules', why: 'keys-rest', ...firstUntil(inUse) };
  const reason = mainReason(recent);
  if (reason !== undefined) return { by: 'rules', why: 'unanswered', reason };
  const models = [...new Set(usable.map(({ model }) => model))];
  const heard = models.filter((model) => recent.models.includes(model));
  return { by: 'model', models: heard.length > 0 ? heard : models };
}

function firstUntil(keys: readonly KeyState[]): { readonly untilMs?: number } {
  const ends = keys.map(({ untilMs }) => untilMs);
  const known = ends.filter((end) => end !== undefined);
  return known.length < ends.length ? {} : { untilMs: Math.min(...known) };
}

/** These tell of a time when no key could be used, or say nothing of the model: with keys at hand they count no more. */
const pastReasons: ReadonlySet<FallbackReason> = new Set(['no-key', 'no-picture', 'rules-alone', 'cancelled']);

/** Why rules judged all groups that the model could have judged; none where it judged some, or there were none. */
function mainReason({ model, cache, rulesBecause }: AnswerCounts): FallbackReason | undefined {
  // Where the floor counted, the model had answered.
  if (model + cache + (rulesBecause.floor ?? 0) > 0) return undefined;
  const reasons = (Object.entries(rulesBecause) as [FallbackReason, number][]).filter(([one]) => !pastReasons.has(one));
  return reasons.toSorted(([, one], [, other]) => other - one)[0]?.[0];
}
