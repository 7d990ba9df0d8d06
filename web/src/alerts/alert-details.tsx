import type { AlertData } from '../../../src/server/messages.ts';
import { Dialog } from '../dialogs/dialog.tsx';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { AlertPicture, LevelBadge, Reasons, type Verdict, Verdicts } from './alert-card.tsx';
import { memberWords, sourceWords } from './alert-words.ts';

interface AlertDetailsProps {
  readonly alert: AlertData;
  readonly cameraName: string;
  readonly nowMs: number;
  readonly onAcknowledge: (verdict: Verdict) => Promise<void>;
  readonly onClose: () => void;
}

/** Everything that is known of an alert, with its picture large. */
export function AlertDetails({ alert, cameraName, nowMs, onAcknowledge, onClose }: AlertDetailsProps) {
  const texts = useTexts();
  const facts: readonly (readonly [string, string])[] = [
    [texts.began, momentWords(alert.since, nowMs)],
    [texts.lastSeenTitle, momentWords(alert.lastSeen, nowMs)],
    [texts.assessments, String(alert.count)],
    [texts.confidence, `${Math.round(alert.confidence * 100)} %`],
    [texts.judged, sourceWords(alert, texts)],
    [texts.members, memberWords(alert, texts)],
  ];
  return (
    <Dialog title={cameraName} onClose={onClose}>
      <div class="details" data-testid="details">
        <div class="large">
          <AlertPicture alert={alert} />
        </div>
        <p class="headline">
          <LevelBadge level={alert.level} /> {alert.description}
        </p>
        <Reasons riskTypes={alert.riskTypes} />
        <dl>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <div class="actions">
          <Verdicts alert={alert} nowMs={nowMs} onAcknowledge={onAcknowledge} />
          <span class="space" />
          <button type="button" onClick={onClose}>
            {texts.close}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
