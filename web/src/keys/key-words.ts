/** Who judges and how keys stand, as an operator reads it. */
import type { KeyData, KeyListData } from '../../../src/server/messages.ts';
import type { Texts } from '../i18n/en.ts';
import { momentWords } from '../i18n/moments.ts';

type Judge = KeyListData['judge'];

/** Of whatever rests: when it is tried again by the page's clock, and why it rests. */
interface Resting {
  readonly untilMs?: number;
  readonly cause?: string;
}

const minuteS = 60;
/** From here on whole minutes say enough. */
const longWaitS = 90;

/** "qwen-vl-plus", "Local rules": for the header. */
export function judgeName(judge: Judge, texts: Pick<Texts, 'judgesShort'>): string {
  return judge.by === 'model' ? judge.models.join(', ') : texts.judgesShort[judge.by];
}

export function judgeHeadline(judge: Judge, texts: Pick<Texts, 'judges'>): string {
  return judge.by === 'model' ? texts.judges.model(judge.models) : texts.judges[judge.by];
}

/** Why it is so, and what to do. */
export function judgeHint(
  judge: Judge,
  { keys, timeOf, nowMs }: { keys: KeyListData['keys']; timeOf: (applianceMs: number) => number; nowMs: number },
  texts: Texts,
): string {
  if (judge.by !== 'rules') return texts.judgesHint[judge.by];
  switch (judge.why) {
    case 'no-key':
      return texts.judgesHint['no-key'];
    case 'keys-rest': {
      const untilMs = judge.untilMs === undefined ? undefined : timeOf(judge.untilMs);
      return `${texts.keysRest(conditionCounts(keys, texts))} ${nextTryWords(untilMs, nowMs, texts)}`;
    }
    case 'unanswered':
      return texts.unanswered(texts.fallbacks[judge.reason] ?? judge.reason);
  }
}

/** "Not accepted: 3, Endpoint fails: 1" */
function conditionCounts(keys: KeyListData['keys'], texts: Pick<Texts, 'conditions' | 'comma'>): string {
  const counts = new Map<KeyData['condition'], number>();
  for (const { condition } of keys) counts.set(condition, (counts.get(condition) ?? 0) + 1);
  return [...counts].map(([condition, count]) => `${texts.conditions[condition]}: ${count}`).join(texts.comma);
}

/** "no answer in time (2), no picture (1)": the most frequent first. */
export function becauseWords(
  counts: Readonly<Record<string, number>>,
  texts: Pick<Texts, 'fallbacks' | 'comma'>,
): string {
  return Object.entries(counts)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${texts.fallbacks[reason] ?? reason} (${count})`)
    .join(texts.comma);
}

/** Why something rests, what to do, and when it is tried again. */
export function restWords({ cause, untilMs }: Resting, nowMs: number, texts: Texts): string {
  const why = cause === undefined ? '' : (texts.causes[cause] ?? cause);
  return `${why} ${nextTryWords(untilMs, nowMs, texts)}`.trim();
}

/** What there is to say of a key's condition beyond its name. */
export function conditionWords(
  { condition, cause }: Pick<KeyData, 'condition' | 'cause'>,
  untilMs: number | undefined,
  nowMs: number,
  texts: Texts,
): string {
  const hint = texts.conditionsHint[condition];
  if (hint !== undefined) return hint;
  if (condition === 'ready') return '';
  return restWords({ ...(cause && { cause }), ...(untilMs && { untilMs }) }, nowMs, texts);
}

function nextTryWords(untilMs: number | undefined, nowMs: number, texts: Texts): string {
  const waitS = untilMs === undefined ? 0 : Math.ceil((untilMs - nowMs) / 1000);
  if (untilMs === undefined || waitS <= 0) return texts.nextTrySoon;
  const wait = waitS < longWaitS ? texts.seconds(waitS) : texts.minutes(Math.round(waitS / minuteS));
  return texts.nextTryAt(momentWords(untilMs, nowMs), wait);
}

/** How bad a key's condition is, for its colour and its place in the list. */
export function toneOf(condition: KeyData['condition']): 'good' | 'waiting' | 'bad' | 'leaving' {
  switch (condition) {
    case 'ready':
    case 'paced':
    case 'busy':
      return 'good';
    case 'cooling':
    case 'on-trial':
      return 'waiting';
    case 'quarantined':
    case 'endpoint-down':
      return 'bad';
    case 'draining':
      return 'leaving';
  }
}
