import type { KeyListData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { wholeNumber } from '../i18n/numbers.ts';
import { becauseWords, judgeHeadline, judgeHint } from './key-words.ts';

interface JudgeSectionProps {
  readonly judge: KeyListData['judge'];
  readonly lastMinute: KeyListData['lastMinute'];
  readonly keys: KeyListData['keys'];
  readonly nowMs: number;
  readonly timeOf: (applianceMs: number) => number;
}

/** Who judges now, why, and who did in the last minute. */
export function JudgeSection({ judge, lastMinute, keys, nowMs, timeOf }: JudgeSectionProps) {
  const texts = useTexts();
  return (
    <section class="judge" data-judge={judge.by} data-why={'why' in judge ? judge.why : undefined} data-testid="judge">
      <p class="headline" role="status">
        {judgeHeadline(judge, texts)}
      </p>
      <p class="hint">{judgeHint(judge, { keys, timeOf, nowMs }, texts)}</p>
      {lastMinute === undefined ? null : <LastMinute counts={lastMinute} />}
    </section>
  );
}

function LastMinute({ counts }: { counts: NonNullable<KeyListData['lastMinute']> }) {
  const texts = useTexts();
  const { model, cache, rules, rulesBecause } = counts;
  const figures = [
    ['model', texts.judgedByModel, model],
    ['cache', texts.judgedByCache, cache],
    ['rules', texts.judgedByRules, rules],
  ] as const;
  return (
    <>
      <h3 class="part">{texts.lastMinute}</h3>
      <dl class="figures-row">
        {figures.map(([judge, name, count]) => (
          <div key={judge} data-judged-by={judge}>
            <dt>{name}</dt>
            <dd>{wholeNumber(count)}</dd>
          </div>
        ))}
      </dl>
      {rules === 0 ? null : <p class="hint">{texts.rulesBecause(becauseWords(rulesBecause, texts))}</p>}
    </>
  );
}
