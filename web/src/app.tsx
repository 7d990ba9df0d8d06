import { useEffect, useRef, useState } from 'preact/hooks';
import type { UplinkData } from '../../src/server/messages.ts';
import { AccountButton } from './account/account-button.tsx';
import { type SessionStore, useMay } from './account/session-store.ts';
import { AlertPanel } from './alerts/alert-panel.tsx';
import type { AlertSound } from './alerts/alert-sound.ts';
import type { AlertStore } from './alerts/alert-store.ts';
import { Announcer } from './alerts/announcer.tsx';
import { isPanelOpen, rememberPanel } from './alerts/panel-state.ts';
import type { Camera, CameraStore } from './camera/camera-store.ts';
import { CameraTile } from './camera/camera-tile.tsx';
import { isStretched, stretchOf } from './camera/load.ts';
import type { Appliance } from './connection/appliance.ts';
import type { PolledStore } from './connection/polled-store.ts';
import { StopCamera } from './dialogs/stop-camera.tsx';
import { initialLanguage, LanguageContext, rememberLanguage, useTexts } from './i18n/language.ts';
import { BellIcon, CloseIcon, PlusIcon, SettingsIcon, ThemeIcon } from './icons.tsx';
import { KeyButton } from './keys/key-button.tsx';
import { KeyPanel } from './keys/key-panel.tsx';
import type { KeyStore } from './keys/key-store.ts';
import { CameraSettings } from './settings/camera-settings.tsx';
import { applyTheme, initialTheme } from './theme.ts';
import { UplinkStatus } from './uplink/uplink-status.tsx';

interface AppProps {
  readonly session: SessionStore;
  readonly appliance: Appliance;
  readonly store: CameraStore;
  readonly alerts: AlertStore;
  readonly keys: KeyStore;
  readonly uplink: PolledStore<UplinkData>;
  readonly sound: AlertSound;
}

export function App(props: AppProps) {
  const [language, setLanguage] = useState(initialLanguage);
  useEffect(() => rememberLanguage(language), [language]);
  return (
    <LanguageContext.Provider value={language}>
      <Screen {...props} onLanguage={() => setLanguage(language === 'en' ? 'zh' : 'en')} />
    </LanguageContext.Provider>
  );
}

function Screen({
  session,
  appliance,
  store,
  alerts,
  keys,
  uplink,
  sound,
  onLanguage,
}: AppProps & { onLanguage: () => void }) {
  const texts = useTexts();
  const isAdmin = useMay('admin');
  const nowMs = useRedraw(store, alerts, keys, uplink);
  const [enlarged, setEnlarged] = useState<string>();
  const [dialog, setDialog] = useState<Camera>();
  const [settings, setSettings] = useState<'list' | 'add' | { readonly id: string }>();
  const [labels, setLabels] = useState(true);
  const [alertsOpen, setAlertsOpen] = useState(isPanelOpen);
  useEffect(() => rememberPanel(alertsOpen), [alertsOpen]);
  // The keys lie over the alerts.
  const [keysOpen, setKeysOpen] = useState(false);
  const alertsShown = alertsOpen && !keysOpen;
  const keyButton = useRef<HTMLButtonElement>(null);
  const cameras = store.cameras;
  const connected = store.connection === 'connected';
  const nameOf = (cameraId: string) => cameras.find(({ id }) => id === cameraId)?.facts?.name ?? cameraId;
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setEnlarged(undefined);
    };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, []);

  return (
    <>
      <header class="bar">
        <h1>{texts.product}</h1>
        {connected ? <Summary cameras={cameras} /> : null}
        <span class="space" />
        <UplinkStatus uplink={uplink} />
        <span class="connection" data-testid="connection" data-connection={store.connection} role="status">
          {texts[store.connection]}
        </span>
        <label class="toggle">
          <input type="checkbox" checked={labels} onChange={() => setLabels(!labels)} />
          {texts.labels}
        </label>
        <button type="button" onClick={onLanguage} data-testid="language">
          {texts.language}
        </button>
        <button type="button" class="icon" title={texts.theme} aria-label={texts.theme} onClick={toggleTheme}>
          <ThemeIcon />
        </button>
        <KeyButton keys={keys} open={keysOpen} buttonRef={keyButton} onToggle={() => setKeysOpen(!keysOpen)} />
        <AlertButton
          alerts={alerts}
          open={alertsShown}
          onToggle={() => {
            setKeysOpen(false);
            setAlertsOpen(!alertsShown);
          }}
        />
        <AccountButton store={session} />
        {isAdmin ? (
          <button
            type="button"
            class="icon"
            title={texts.cameraSettings.open}
            aria-label={texts.cameraSettings.open}
            onClick={() => setSettings('list')}
            data-testid="cameras"
          >
            <SettingsIcon />
          </button>
        ) : null}
        {isAdmin ? (
          <button type="button" class="primary" onClick={() => setSettings('add')} data-testid="add">
            <PlusIcon /> {texts.addCamera}
          </button>
        ) : null}
      </header>
      <div class="screen" data-panel={alertsOpen || keysOpen}>
        <main class="grid" data-enlarged={enlarged === undefined ? undefined : 'true'}>
          {cameras.length === 0 ? <Empty onAdd={() => setSettings('add')} /> : null}
          {cameras
            .filter(
              (camera) =>
                enlarged === undefined || !cameras.some(({ id }) => id === enlarged) || camera.id === enlarged,
            )
            .map((camera) => (
              <CameraTile
                key={camera.id}
                camera={camera}
                labels={labels}
                known={connected}
                enlarged={enlarged === camera.id}
                alerts={alerts.activeAt(camera.id)}
                nowMs={nowMs}
                onEnlarge={() => setEnlarged(enlarged === camera.id ? undefined : camera.id)}
                onEdit={() => setSettings({ id: camera.id })}
                onStop={() => setDialog(camera)}
              />
            ))}
        </main>
        {keysOpen ? (
          <KeyPanel
            store={keys}
            nowMs={nowMs}
            onClose={() => {
              setKeysOpen(false);
              keyButton.current?.focus();
            }}
          />
        ) : null}
        {alertsShown ? (
          <AlertPanel
            store={alerts}
            sound={sound}
            cameras={cameras.map(({ id }) => [id, nameOf(id)] as const)}
            nowMs={nowMs}
            onClose={() => setAlertsOpen(false)}
            onFailure={(message) => store.error('not-acknowledged', message)}
          />
        ) : null}
      </div>
      <Announcer store={alerts} sound={sound} nameOf={nameOf} />
      <Notices store={store} />
      {settings === undefined ? null : <CameraSettings begin={settings} onClose={() => setSettings(undefined)} />}
      {dialog ? (
        <StopCamera
          camera={dialog}
          onStop={() => appliance.stopCamera(dialog.id)}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
    </>
  );
}

/** Opens and closes the panel; tells how many active alerts nobody has looked at, in the colour of the worst. */
function AlertButton({ alerts, open, onToggle }: { alerts: AlertStore; open: boolean; onToggle: () => void }) {
  const texts = useTexts();
  const { waiting } = alerts;
  const words = open ? texts.hideAlerts : texts.showAlerts;
  return (
    <button
      type="button"
      class="bell"
      aria-expanded={open}
      title={words}
      aria-label={waiting.length > 0 ? `${words}: ${texts.waitingAlerts(waiting.length)}` : words}
      data-testid="bell"
      onClick={onToggle}
    >
      <BellIcon />
      {waiting.length > 0 ? (
        <span class="badge" data-level={waiting[0]?.level} data-testid="waiting">
          {waiting.length > 99 ? '99+' : waiting.length}
        </span>
      ) : null}
    </button>
  );
}

function Summary({ cameras }: { cameras: readonly Camera[] }) {
  const texts = useTexts();
  if (cameras.length === 0) return null;
  const live = cameras.filter((camera) => camera.state.state === 'live');
  const objects = live.reduce((sum, camera) => sum + (camera.detection?.detectedObjects.length ?? 0), 0);
  const facts = cameras.flatMap((camera) => camera.facts ?? []);
  const groups = live.reduce((sum, camera) => sum + (camera.detection?.trafficGroups.length ?? 0), 0);
  return (
    <p class="summary">
      <span data-testid="live">{texts.camerasLive(live.length, cameras.length)}</span>
      <span>{texts.objectsNow(objects, groups)}</span>
      {facts.some(isStretched) ? (
        <span class="stretched" role="status" data-testid="overloaded">
          {texts.overloaded(stretchOf(facts))}
        </span>
      ) : null}
    </p>
  );
}

/** Where a box begins: with its first camera. */
function Empty({ onAdd }: { onAdd: () => void }) {
  const texts = useTexts();
  return (
    <div class="empty">
      <h2>{texts.noCameras}</h2>
      <p>{texts.noCamerasHint}</p>
      <button type="button" class="primary" onClick={onAdd} data-testid="first-camera">
        <PlusIcon /> {texts.addCamera}
      </button>
    </div>
  );
}

function Notices({ store }: { store: CameraStore }) {
  const texts = useTexts();
  return (
    <div class="notices" role="alert">
      {store.notices.map((notice) => (
        <p key={notice.id} class="notice" data-testid="notice" data-code={notice.code}>
          <span>{texts.faults[notice.code] ?? notice.message}</span>
          <button type="button" class="icon" aria-label={texts.close} onClick={() => store.dismiss(notice.id)}>
            <CloseIcon />
          </button>
        </p>
      ))}
    </div>
  );
}

function toggleTheme(): void {
  applyTheme(initialTheme() === 'dark' ? 'light' : 'dark');
}

/** Draws anew at most once a frame when a store changes, and once a second for what tells ages. */
function useRedraw(...stores: readonly { subscribe(listener: () => void): () => void }[]): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    let planned = 0;
    const redraw = () => {
      planned ||= requestAnimationFrame(() => {
        planned = 0;
        setNowMs(Date.now());
      });
    };
    const forgets = stores.map((store) => store.subscribe(redraw));
    const timer = setInterval(redraw, 1000);
    return () => {
      for (const forget of forgets) forget();
      clearInterval(timer);
      cancelAnimationFrame(planned);
    };
  }, stores);
  return nowMs;
}
