import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { initialLanguage, LanguageContext, rememberLanguage, useTexts } from '../i18n/language.ts';
import { FirstRunForm } from './first-run-form.tsx';
import { LoginForm } from './login-form.tsx';
import { SessionContext, type SessionStore } from './session-store.ts';

interface EntranceProps {
  readonly store: SessionStore;
  /** Somebody may in. */
  readonly onEnter: () => void;
  readonly children: ComponentChildren;
}

/** Shows the page to who may see it; else it asks who it is, or has the first account made. */
export function Entrance({ store, onEnter, children }: EntranceProps) {
  const [session, setSession] = useState(store.session);
  useEffect(() => {
    const forget = store.subscribe(() => setSession(store.session));
    void store.load();
    return forget;
  }, [store]);
  const isIn = session !== undefined && session.caller.role !== 'public';
  useEffect(() => {
    if (isIn) onEnter();
  }, [isIn]);
  if (isIn) return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
  return <Door store={store} />;
}

/** In the language of the page, which may be changed here, too. */
function Door({ store }: { store: SessionStore }) {
  const [language, setLanguage] = useState(initialLanguage);
  useEffect(() => rememberLanguage(language), [language]);
  return (
    <LanguageContext.Provider value={language}>
      <DoorScreen store={store} onLanguage={() => setLanguage(language === 'en' ? 'zh' : 'en')} />
    </LanguageContext.Provider>
  );
}

function DoorScreen({ store, onLanguage }: { store: SessionStore; onLanguage: () => void }) {
  const texts = useTexts();
  const { session } = store;
  return (
    <>
      <header class="bar">
        <h1>{texts.product}</h1>
        <span class="space" />
        <button type="button" onClick={onLanguage} data-testid="language">
          {texts.language}
        </button>
      </header>
      <main class="door">
        {session === undefined ? <p role="status">{texts.connecting}</p> : <DoorForm store={store} />}
      </main>
    </>
  );
}

function DoorForm({ store }: { store: SessionStore }) {
  const firstRun = store.session?.firstRun;
  if (firstRun === undefined) return <LoginForm store={store} />;
  return <FirstRunForm needsCode={firstRun.needsCode} store={store} onMade={(session) => store.begin(session)} />;
}
