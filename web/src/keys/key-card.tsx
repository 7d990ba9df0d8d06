import type { KeyData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { durationWords, percent, wholeNumber } from '../i18n/numbers.ts';
import { ConditionBadge } from './condition-badge.tsx';
import { conditionWords, toneOf } from './key-words.ts';

interface KeyCardProps {
  readonly apiKey: KeyData;
  readonly nowMs: number;
  /** A moment of the appliance's clock by the page's. */
  readonly timeOf: (applianceMs: number) => number;
}

const nothing = '–';

/** One key: whether it can be used, if not why and until when, whose limits it shares, and what its calls came to. */
export function KeyCard({ apiKey, nowMs, timeOf }: KeyCardProps) {
  const texts = useTexts();
  const { id, group, endpoint, model, condition, detail, untilMs } = apiKey;
  const tone = toneOf(condition);
  const words = conditionWords(apiKey, untilMs === undefined ? undefined : timeOf(untilMs), nowMs, texts);
  return (
    <article class="key" data-testid="key" data-key-id={id} data-condition={condition} data-tone={tone}>
      <header>
        <h4 title={id}>{id}</h4>
        <ConditionBadge tone={tone} words={texts.conditions[condition]} title={words} />
      </header>
      {tone === 'good' ? null : <p class="condition-words">{words}</p>}
      {detail === undefined ? null : (
        <p class="said" title={texts.providerSaid}>
          {detail}
        </p>
      )}
      <p class="hint">
        {[texts.modelAt(model, endpoint), ...(group === id ? [] : [texts.quotaGroup(group)])].join(texts.comma)}
      </p>
      <Figures apiKey={apiKey} />
    </article>
  );
}

function Figures({ apiKey }: { apiKey: KeyData }) {
  const texts = useTexts();
  const { inFlight, limit, calls, refusals, failures, successRate, p95LatencyMs, tokensToday } = apiKey;
  const faults = texts.callFaults(refusals, failures);
  const figures = [
    [texts.callsNow, texts.ofMost(String(inFlight), String(limit)), texts.inFlightTitle],
    [texts.calls, wholeNumber(calls), undefined],
    [texts.tokensToday, wholeNumber(tokensToday), texts.tokensTodayTitle],
    [texts.successRate, successRate === undefined ? nothing : percent(successRate), texts.successRateTitle],
    [texts.p95, p95LatencyMs === undefined ? nothing : durationWords(p95LatencyMs), texts.p95Title],
  ] as const;
  return (
    <>
      <dl class="figures-row">
        {figures.map(([name, value, title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {faults === '' ? null : <p class="warning">{faults}</p>}
    </>
  );
}
