import type { AlertData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { CloseIcon, EnlargeIcon, SettingsIcon } from '../icons.tsx';
import type { Camera } from './camera-store.ts';
import { CameraView } from './camera-view.tsx';
import { isStretched } from './load.ts';
import { worstOf } from './risk-colors.ts';
import { seenWords } from './seen-words.ts';
import { stateWords, timeOfDay } from './state-words.ts';

/** Results older than so many of their usual distance are marked. */
const oldAfterMs = 6000;
const veryOldAfterMs = 15_000;

interface CameraTileProps {
  readonly camera: Camera;
  readonly labels: boolean;
  /** The appliance tells of it; without a connection, what is shown may be otherwise by now. */
  readonly known: boolean;
  /** What is dangerous there now. */
  readonly alerts: readonly AlertData[];
  readonly enlarged: boolean;
  readonly nowMs: number;
  readonly onEnlarge: () => void;
  /** Of one that is kept. */
  readonly onEdit: () => void;
  /** Of one that a viewer has started. */
  readonly onStop: () => void;
}

/** One camera: picture, state in words, what is seen, how fresh it is. */
export function CameraTile(props: CameraTileProps) {
  const { camera, labels, known, alerts, enlarged, nowMs, onEnlarge, onEdit, onStop } = props;
  const texts = useTexts();
  const words = known ? stateWords(camera.state, texts, nowMs, timeOfDay) : { headline: texts.notKnown };
  const title = camera.facts?.name ?? camera.id;
  return (
    <article
      class="tile"
      data-testid="camera"
      data-camera-id={camera.id}
      data-state={known ? camera.state.state : 'unknown'}
      data-risk={worstOf(alerts)}
      aria-label={title}
    >
      <header>
        <span class="dot" aria-hidden="true" />
        <h2 title={title}>{title}</h2>
        <span class="state" data-testid="state" aria-live="polite">
          {words.headline}
        </span>
        <button
          type="button"
          class="icon"
          title={texts.enlarge}
          aria-label={texts.enlarge}
          aria-pressed={enlarged}
          onClick={onEnlarge}
        >
          <EnlargeIcon />
        </button>
        {camera.facts?.configured ? (
          <button
            type="button"
            class="icon"
            title={texts.cameraSettings.editCamera(title)}
            aria-label={texts.cameraSettings.editCamera(title)}
            onClick={onEdit}
          >
            <SettingsIcon />
          </button>
        ) : (
          <button
            type="button"
            class="icon"
            title={texts.stopCamera}
            aria-label={`${texts.stopCamera} ${title}`}
            onClick={onStop}
          >
            <CloseIcon />
          </button>
        )}
      </header>
      <CameraView camera={camera} labels={labels} alerts={alerts} />
      {words.reason ? (
        <p class="fault" data-testid="fault">
          {words.reason} {words.next ? <span class="next">{words.next}</span> : null}
        </p>
      ) : null}
      <Figures camera={camera} nowMs={nowMs} />
    </article>
  );
}

function Figures({ camera, nowMs }: { camera: Camera; nowMs: number }) {
  const texts = useTexts();
  const { detection, facts } = camera;
  const ageMs = camera.detectionAtMs === undefined ? undefined : Math.max(0, nowMs - camera.detectionAtMs);
  return (
    <footer>
      <span class="counts" data-testid="counts">
        {detection ? seenWords(detection.detectedObjects, texts) : ''}
      </span>
      <span class="figures">
        {detection && detection.trafficGroups.length > 0 ? (
          <span class="groups">{texts.groups(detection.trafficGroups.length)}</span>
        ) : null}
        {facts ? (
          <span class="quality" data-quality={facts.quality} title={texts.qualityTitle}>
            {texts.quality[facts.quality]}
          </span>
        ) : null}
        {facts && isStretched(facts) ? (
          <span class="stretched" title={texts.stretchedTitle} data-testid="stretched">
            {texts.stretched(facts.intervalMs / 1000, facts.configuredIntervalMs / 1000)}
          </span>
        ) : null}
        {facts ? <span>{texts.framesPerSecond(facts.framesPerSecond)}</span> : null}
        {detection ? (
          <span title={texts.latencyTitle}>{texts.latency(Math.round(detection.processTime * 1000))}</span>
        ) : null}
        {ageMs === undefined ? null : (
          <span title={texts.ageTitle} data-age={freshness(ageMs)}>
            {texts.age(Math.floor(ageMs / 1000))}
          </span>
        )}
      </span>
    </footer>
  );
}

function freshness(ageMs: number): 'fresh' | 'old' | 'very-old' {
  if (ageMs > veryOldAfterMs) return 'very-old';
  return ageMs > oldAfterMs ? 'old' : 'fresh';
}
