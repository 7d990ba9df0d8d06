import { useRef, useState } from 'preact/hooks';
import type { AlertData } from '../../../src/server/messages.ts';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { CalmIcon, CloseIcon, SoundIcon } from '../icons.tsx';
import { AlertCard, neighbour, type Verdict } from './alert-card.tsx';
import { AlertDetails } from './alert-details.tsx';
import { isNarrowed } from './alert-filter.ts';
import { AlertFilters } from './alert-filters.tsx';
import type { AlertSound } from './alert-sound.ts';
import type { AlertStore } from './alert-store.ts';

interface AlertPanelProps {
  readonly store: AlertStore;
  readonly sound: AlertSound;
  /** Ids and names of the cameras that the page knows. */
  readonly cameras: readonly (readonly [id: string, name: string])[];
  readonly nowMs: number;
  readonly onClose: () => void;
  /** The appliance did not take the operator's word. */
  readonly onFailure: (message: string) => void;
}

/** The alerts: what happens now, what was before, and what the operator has to say to it. */
export function AlertPanel({ store, sound, cameras, nowMs, onClose, onFailure }: AlertPanelProps) {
  const texts = useTexts();
  const ref = useRef<HTMLElement>(null);
  const [openId, setOpenId] = useState<string>();
  const [sounds, setSounds] = useState(sound.on);
  const names = new Map(cameras);
  const nameOf = (alert: AlertData) => names.get(alert.cameraId) ?? alert.cameraId;
  const { now, earlier, history, state } = store;
  const open = [...now, ...earlier].find(({ id }) => id === openId);

  async function acknowledge(id: string, verdict: Verdict): Promise<void> {
    // A card that goes takes the focus along: it moves on to the next.
    const card = ref.current?.querySelector<HTMLElement>(`.alert[data-alert-id="${CSS.escape(id)}"]`);
    const next = card?.contains(document.activeElement) ? (neighbour(card, 1) ?? neighbour(card, -1)) : undefined;
    try {
      await store.acknowledge(id, verdict);
      if (store.filter.view === 'open') next?.focus();
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error));
    }
  }

  const cards = (alerts: readonly AlertData[]) =>
    alerts.map((alert) => (
      <li key={alert.id}>
        <AlertCard
          alert={alert}
          cameraName={nameOf(alert)}
          nowMs={nowMs}
          onOpen={() => setOpenId(alert.id)}
          onAcknowledge={(verdict) => acknowledge(alert.id, verdict)}
        />
      </li>
    ));

  return (
    <aside class="panel alerts" ref={ref} aria-label={texts.alerts} data-testid="alerts">
      <header>
        <h2>{texts.alerts}</h2>
        <span class="space" />
        <button
          type="button"
          class="icon"
          role="switch"
          aria-checked={sounds}
          aria-label={texts.sound}
          title={sounds ? texts.soundOn : texts.soundOff}
          data-testid="sound"
          onClick={() => {
            sound.set(!sounds);
            setSounds(!sounds);
          }}
        >
          <SoundIcon on={sounds} />
        </button>
        <button
          type="button"
          class="icon close"
          aria-label={texts.hideAlerts}
          title={texts.hideAlerts}
          onClick={onClose}
        >
          <CloseIcon />
        </button>
      </header>
      {history.kept ? null : (
        <p class="panel-fault" role="alert" data-testid="history-fault">
          {texts.historyFault(texts.storeFaults[history.code] ?? history.message, momentWords(history.since, nowMs))}
        </p>
      )}
      <AlertFilters filter={store.filter} cameras={cameras} onChange={(change) => store.setFilter(change)} />
      <div class="list">
        {now.length > 0 ? (
          <section aria-label={texts.happening}>
            <h3 class="part">{texts.happening}</h3>
            <ol>{cards(now)}</ol>
          </section>
        ) : null}
        {earlier.length > 0 ? (
          <section aria-label={texts.earlier}>
            {now.length > 0 ? <h3 class="part">{texts.earlier}</h3> : null}
            <ol>{cards(earlier)}</ol>
          </section>
        ) : null}
        {now.length + earlier.length === 0 ? (
          <EmptyList state={state} view={store.filter.view} narrowed={isNarrowed(store.filter)} />
        ) : null}
        {state === 'failed' && now.length + earlier.length > 0 ? <p class="quiet">{texts.listFailed}</p> : null}
        {store.hasOlder ? (
          <button
            type="button"
            class="older"
            disabled={state === 'loading'}
            data-testid="older"
            onClick={() => void store.loadOlder()}
          >
            {texts.older}
          </button>
        ) : null}
      </div>
      {open ? (
        <AlertDetails
          alert={open}
          cameraName={nameOf(open)}
          nowMs={nowMs}
          onAcknowledge={(verdict) => acknowledge(open.id, verdict)}
          onClose={() => setOpenId(undefined)}
        />
      ) : null}
    </aside>
  );
}

function EmptyList({
  state,
  view,
  narrowed,
}: {
  state: AlertStore['state'];
  view: 'open' | 'history';
  narrowed: boolean;
}) {
  const texts = useTexts();
  if (state === 'loading') return <p class="none">{texts.loading}</p>;
  if (state === 'failed') return <p class="none">{texts.listFailed}</p>;
  if (narrowed) return <p class="none">{texts.nothingMatches}</p>;
  return (
    <div class="none" data-testid="calm">
      <CalmIcon />
      <p>{view === 'open' ? texts.nothingOpen : texts.noHistory}</p>
    </div>
  );
}
