import { useEffect, useState } from 'preact/hooks';
import type { Camera, CameraStore } from './camera/camera-store.ts';
import { CameraTile } from './camera/camera-tile.tsx';
import { isStretched, stretchOf } from './camera/load.ts';
import type { Appliance } from './connection/appliance.ts';
import { AddCamera } from './dialogs/add-camera.tsx';
import { StopCamera } from './dialogs/stop-camera.tsx';
import { initialLanguage, LanguageContext, rememberLanguage, useTexts } from './i18n/language.ts';
import { CloseIcon, PlusIcon, ThemeIcon } from './icons.tsx';
import { applyTheme, initialTheme } from './theme.ts';

interface AppProps {
  readonly appliance: Appliance;
  readonly store: CameraStore;
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

function Screen({ appliance, store, onLanguage }: AppProps & { onLanguage: () => void }) {
  const texts = useTexts();
  const nowMs = useRedraw(store);
  const [enlarged, setEnlarged] = useState<string>();
  const [dialog, setDialog] = useState<'add' | Camera>();
  const [labels, setLabels] = useState(true);
  const cameras = store.cameras;
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
        <Summary cameras={cameras} />
        <span class="space" />
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
        <button type="button" class="primary" onClick={() => setDialog('add')} data-testid="add">
          <PlusIcon /> {texts.addCamera}
        </button>
      </header>
      <main class="grid" data-enlarged={enlarged === undefined ? undefined : 'true'}>
        {cameras.length === 0 ? <Empty /> : null}
        {cameras
          .filter(
            (camera) => enlarged === undefined || !cameras.some(({ id }) => id === enlarged) || camera.id === enlarged,
          )
          .map((camera) => (
            <CameraTile
              key={camera.id}
              camera={camera}
              labels={labels}
              enlarged={enlarged === camera.id}
              nowMs={nowMs}
              onEnlarge={() => setEnlarged(enlarged === camera.id ? undefined : camera.id)}
              onStop={() => setDialog(camera)}
            />
          ))}
      </main>
      <Notices store={store} />
      {dialog === 'add' ? <AddCamera appliance={appliance} onClose={() => setDialog(undefined)} /> : null}
      {typeof dialog === 'object' ? (
        <StopCamera
          camera={dialog}
          onStop={() => appliance.stopCamera(dialog.id)}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
    </>
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

function Empty() {
  const texts = useTexts();
  return (
    <div class="empty">
      <h2>{texts.noCameras}</h2>
      <p>{texts.noCamerasHint}</p>
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

/** Draws anew at most once a frame when the store changes, and once a second for what tells ages. */
function useRedraw(store: CameraStore): number {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    let planned = 0;
    const redraw = () => {
      planned ||= requestAnimationFrame(() => {
        planned = 0;
        setNowMs(Date.now());
      });
    };
    const forget = store.subscribe(redraw);
    const timer = setInterval(redraw, 1000);
    return () => {
      forget();
      clearInterval(timer);
      cancelAnimationFrame(planned);
    };
  }, [store]);
  return nowMs;
}
