import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { accountApi } from './account-api.ts';
import { useList } from './use-list.ts';

/** Where one is logged in; each can be ended from here. */
export function SessionList() {
  const { account: texts } = useTexts();
  const sessions = useList(accountApi.sessions);
  return (
    <section aria-label={texts.sessions} data-testid="sessions">
      <h3 class="part">{texts.sessions}</h3>
      {sessions.fault === undefined ? null : <p role="alert">{sessions.fault}</p>}
      <ul class="entries">
        {sessions.items?.map(({ id, address, userAgent, lastUsedMs, own }) => (
          <li key={id} class="row">
            <span>
              {address} {own ? <strong>{texts.thisSession}</strong> : null}
              <span class="hint" title={userAgent}>
                {texts.lastUsed(momentWords(lastUsedMs, Date.now()))} · {userAgent}
              </span>
            </span>
            <span class="space" />
            {own ? null : (
              <button
                type="button"
                class="small"
                disabled={sessions.isBusy}
                onClick={() => void sessions.change(() => accountApi.endSession(id))}
              >
                {texts.endSession}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
