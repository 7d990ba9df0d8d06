import { useContext, useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { UserIcon } from '../icons.tsx';
import { AccountDialog } from './account-dialog.tsx';
import { SessionContext, type SessionStore } from './session-store.ts';

/** Says who is logged in, and opens what belongs to accounts. */
export function AccountButton({ store }: { store: SessionStore }) {
  const { account: texts } = useTexts();
  const session = useContext(SessionContext);
  const [isOpen, setOpen] = useState(false);
  if (session === undefined) return null;
  const { kind, name } = session.caller;
  const words = name ?? texts.kinds[kind];
  return (
    <>
      <button
        type="button"
        class="account-button"
        aria-haspopup="dialog"
        title={texts.account}
        aria-label={`${texts.account}: ${words}`}
        data-testid="account"
        onClick={() => setOpen(true)}
      >
        <UserIcon />
        <span>{words}</span>
      </button>
      {isOpen ? <AccountDialog store={store} session={session} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
