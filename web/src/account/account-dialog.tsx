import { useState } from 'preact/hooks';
import { Dialog } from '../dialogs/dialog.tsx';
import { useTexts } from '../i18n/language.ts';
import type { SessionData } from './account-api.ts';
import { AccountList } from './account-list.tsx';
import { AuditList } from './audit-list.tsx';
import { FirstRunForm } from './first-run-form.tsx';
import { LoginForm } from './login-form.tsx';
import { PasswordForm } from './password-form.tsx';
import { SessionList } from './session-list.tsx';
import type { SessionStore } from './session-store.ts';
import { TokenList } from './token-list.tsx';

type Part = 'own' | 'login' | 'first' | 'accounts' | 'tokens' | 'audit';

interface AccountDialogProps {
  readonly store: SessionStore;
  readonly session: SessionData;
  readonly onClose: () => void;
}

/** One's own account and, for administrators, all accounts, tokens and the audit log. */
export function AccountDialog({ store, session, onClose }: AccountDialogProps) {
  const { account: texts } = useTexts();
  const parts = partsFor(session);
  const [part, setPart] = useState<Part>(parts[0] ?? 'own');
  return (
    <Dialog title={texts.account} onClose={onClose}>
      <div class="account">
        <div class="row">
          <p data-testid="who">
            {texts.who(session.caller.name ?? texts.kinds[session.caller.kind], roleOf(session, texts))}
          </p>
          <span class="space" />
          {session.caller.kind === 'account' || session.caller.kind === 'token' ? (
            <button type="button" data-testid="log-out" onClick={() => void store.end()}>
              {texts.logOut}
            </button>
          ) : null}
        </div>
        {parts.length < 2 ? null : (
          <nav class="segments" aria-label={texts.account}>
            {parts.map((each) => (
              <label key={each}>
                <input type="radio" name="account-part" checked={part === each} onChange={() => setPart(each)} />
                <span data-testid={`part-${each}`}>{texts.parts[each]}</span>
              </label>
            ))}
          </nav>
        )}
        <PartContents part={part} store={store} />
        <div class="actions">
          <span class="space" />
          <button type="button" onClick={onClose}>
            {texts.done}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function PartContents({ part, store }: { part: Part; store: SessionStore }) {
  const { account: texts } = useTexts();
  switch (part) {
    case 'own':
      return (
        <>
          <PasswordForm />
          <SessionList />
        </>
      );
    case 'login':
      return <LoginForm store={store} />;
    case 'first':
      return (
        <>
          <p class="hint">{texts.stillOpen}</p>
          <FirstRunForm
            needsCode={store.session?.firstRun?.needsCode ?? false}
            store={store}
            onMade={() => location.reload()}
          />
        </>
      );
    case 'accounts':
      return <AccountList />;
    case 'tokens':
      return <TokenList />;
    case 'audit':
      return <AuditList />;
  }
}

function partsFor({ caller, firstRun }: SessionData): Part[] {
  return [
    ...(caller.kind === 'account' ? (['own'] as const) : []),
    ...(caller.kind === 'anonymous' && firstRun === undefined ? (['login'] as const) : []),
    ...(firstRun === undefined ? [] : (['first'] as const)),
    ...(caller.role === 'admin' && firstRun === undefined ? (['accounts'] as const) : []),
    ...(caller.role === 'admin' ? (['tokens', 'audit'] as const) : []),
  ];
}

function roleOf({ caller }: SessionData, texts: ReturnType<typeof useTexts>['account']): string {
  return caller.role === 'public' ? '' : texts.roles[caller.role];
}
