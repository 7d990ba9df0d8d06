import type { KeyListData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { wholeNumber } from '../i18n/numbers.ts';

const dayMs = 86_400_000;

type Pool = NonNullable<KeyListData['pool']>;

interface PoolSectionProps {
  readonly pool: Pool;
  readonly nowMs: number;
  readonly timeOf: (applianceMs: number) => number;
}

/** What all keys share: calls under way, questions that wait, tokens of the day. */
export function PoolSection({ pool, nowMs, timeOf }: PoolSectionProps) {
  const texts = useTexts();
  const { inFlight, maxInFlight, queued, maxQueued, tokensToday, tokensPerDay, countedSinceMs } = pool;
  const tokens = wholeNumber(tokensToday);
  const budget = budgetWords(pool, texts);
  return (
    <section class="pool" data-testid="pool">
      <dl class="figures-row">
        <div>
          <dt title={texts.callsNowTitle}>{texts.callsNow}</dt>
          <dd>{texts.ofMost(wholeNumber(inFlight), wholeNumber(maxInFlight))}</dd>
        </div>
        <div>
          <dt title={texts.callsWaitingTitle}>{texts.callsWaiting}</dt>
          <dd>{texts.ofMost(wholeNumber(queued), wholeNumber(maxQueued))}</dd>
        </div>
        <div class="wide">
          <dt title={texts.tokensTodayTitle}>{texts.tokensToday}</dt>
          <dd>{tokensPerDay === undefined ? tokens : texts.ofMost(tokens, wholeNumber(tokensPerDay))}</dd>
        </div>
      </dl>
      {tokensPerDay === undefined ? null : (
        <progress
          value={Math.min(tokensToday, tokensPerDay)}
          max={tokensPerDay}
          aria-label={texts.tokensToday}
          data-short={pool.budgetShort}
        />
      )}
      {budget === undefined ? null : <p class="warning">{budget}</p>}
      {countedSinceMs % dayMs === 0 ? null : (
        <p class="hint">{texts.countedSince(momentWords(timeOf(countedSinceMs), nowMs))}</p>
      )}
    </section>
  );
}

function budgetWords({ tokensToday, tokensPerDay, budgetShort }: Pool, texts: ReturnType<typeof useTexts>) {
  if (tokensPerDay === undefined || !budgetShort) return undefined;
  return tokensToday >= tokensPerDay ? texts.budgetSpent : texts.budgetShort;
}
