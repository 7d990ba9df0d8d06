import { useState } from 'preact/hooks';
import type { AlertData } from '../../../src/server/messages.ts';
import { useMay } from '../account/session-store.ts';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { CheckIcon, LevelIcon, NoPictureIcon } from '../icons.tsx';
import { agoWords, reasonWords } from './alert-words.ts';

export type Verdict = NonNullable<AlertData['verdict']>;

interface AlertCardProps {
  readonly alert: AlertData;
  readonly cameraName: string;
  readonly nowMs: number;
  readonly onOpen: () => void;
  readonly onAcknowledge: (verdict: Verdict) => Promise<void>;
}

/** One alert: picture, level, where, why, since when and how often, and what the operator can say to it. */
export function AlertCard({ alert, cameraName, nowMs, onOpen, onAcknowledge }: AlertCardProps) {
  const texts = useTexts();
  const isOperator = useMay('operator');
  return (
    <article
      class="alert"
      data-testid="alert"
      data-alert-id={alert.id}
      data-level={alert.level}
      data-active={alert.active}
      data-acknowledged={alert.acknowledged}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the list is walked with the arrow keys, from card to card
      tabIndex={0}
      aria-label={`${texts.levels[alert.level]}, ${cameraName}: ${alert.description}`}
      aria-keyshortcuts={isOperator ? 'A F Enter' : 'Enter'}
      onKeyDown={(event) => onCardKey(event, alert, onOpen, isOperator ? onAcknowledge : undefined)}
    >
      <button type="button" class="thumb" aria-label={texts.details} onClick={onOpen} tabIndex={-1}>
        <AlertPicture alert={alert} />
      </button>
      <div class="what">
        <header>
          <LevelBadge level={alert.level} />
          <h3 title={cameraName}>{cameraName}</h3>
        </header>
        <p class="why">{alert.description || reasonWords(alert.riskTypes, texts).join(', ')}</p>
        <Reasons riskTypes={alert.riskTypes} />
        <p class="when">
          <time dateTime={alert.since} title={texts.began}>
            {momentWords(alert.since, nowMs)}
          </time>
          <span>{texts.seenTimes(alert.count)}</span>
          <span title={momentWords(alert.lastSeen, nowMs)}>
            {texts.lastSeen(agoWords(alert.lastSeen, nowMs, texts))}
          </span>
        </p>
        {alert.stored ? null : <p class="unkept">{texts.notKept}</p>}
        <Verdicts alert={alert} nowMs={nowMs} onAcknowledge={onAcknowledge} />
      </div>
    </article>
  );
}

/** Level in colour, shape and word: none of them alone. */
export function LevelBadge({ level }: { level: AlertData['level'] }) {
  const texts = useTexts();
  return (
    <span class="level" data-level={level}>
      <LevelIcon level={level} />
      {texts.levels[level]}
    </span>
  );
}

export function AlertPicture({ alert }: { alert: AlertData }) {
  const texts = useTexts();
  if (alert.picture === undefined) return <NoPictureIcon />;
  return <img src={alert.picture} alt={texts.pictureOf(alert.description)} loading="lazy" decoding="async" />;
}

export function Reasons({ riskTypes }: { riskTypes: readonly string[] }) {
  const texts = useTexts();
  if (riskTypes.length === 0) return null;
  return (
    <ul class="reasons">
      {reasonWords(riskTypes, texts).map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
  );
}

/** The operator's word, or the buttons that give it. */
export function Verdicts({ alert, nowMs, onAcknowledge }: Pick<AlertCardProps, 'alert' | 'nowMs' | 'onAcknowledge'>) {
  const texts = useTexts();
  const isOperator = useMay('operator');
  const [busy, setBusy] = useState(false);
  if (alert.acknowledged) {
    const at = alert.acknowledgedAt === undefined ? '' : momentWords(alert.acknowledgedAt, nowMs);
    return (
      <p class="verdict">
        <CheckIcon /> {alert.verdict === 'false-alarm' ? texts.markedFalse(at) : texts.acknowledgedAt(at)}
      </p>
    );
  }
  if (!isOperator) return null;
  const say = (verdict: Verdict) => {
    setBusy(true);
    void onAcknowledge(verdict).finally(() => setBusy(false));
  };
  return (
    <div class="verdicts">
      <button type="button" class="small" disabled={busy} onClick={() => say('seen')} data-testid="acknowledge">
        <CheckIcon /> {texts.acknowledge}
      </button>
      <button type="button" class="small quiet" disabled={busy} onClick={() => say('false-alarm')} data-testid="false">
        {texts.falseAlarm}
      </button>
    </div>
  );
}

function onCardKey(
  event: KeyboardEvent & { readonly currentTarget: HTMLElement },
  alert: AlertData,
  onOpen: () => void,
  onAcknowledge: ((verdict: Verdict) => Promise<void>) | undefined,
): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  switch (event.key) {
    case 'Enter':
      onOpen();
      break;
    case 'a':
    case 'A':
      if (!alert.acknowledged) void onAcknowledge?.('seen');
      break;
    case 'f':
    case 'F':
      if (!alert.acknowledged) void onAcknowledge?.('false-alarm');
      break;
    case 'ArrowDown':
      neighbour(event.currentTarget, 1)?.focus();
      break;
    case 'ArrowUp':
      neighbour(event.currentTarget, -1)?.focus();
      break;
    default:
      return;
  }
  event.preventDefault();
}

/** The card before or after this one, over the headings between them. */
export function neighbour(card: HTMLElement, step: 1 | -1): HTMLElement | undefined {
  const cards = [...(card.closest('.alerts')?.querySelectorAll<HTMLElement>('.alert') ?? [])];
  return cards[cards.indexOf(card) + step];
}
