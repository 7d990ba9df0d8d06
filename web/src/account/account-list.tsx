import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { type AccountData, accountApi, type Role } from './account-api.ts';
import { Field } from './field.tsx';
import { RoleSelect } from './role-select.tsx';
import { SureButton } from './sure-button.tsx';
import { type RemoteList, useList } from './use-list.ts';

/** All accounts: their roles are changed, passwords set anew, and accounts made and removed. */
export function AccountList() {
  const { account: texts } = useTexts();
  const accounts = useList(accountApi.accounts);
  return (
    <section aria-label={texts.parts.accounts} data-testid="accounts">
      <p class="result" role="alert" data-good="false">
        {accounts.fault}
      </p>
      <ul class="entries">
        {accounts.items?.map((account) => (
          <AccountRow key={account.id} account={account} accounts={accounts} />
        ))}
      </ul>
      <NewAccount accounts={accounts} />
    </section>
  );
}

function AccountRow({ account, accounts }: { account: AccountData; accounts: RemoteList<AccountData> }) {
  const { account: texts } = useTexts();
  const [password, setPassword] = useState<string>();
  const { id, name, role, lastUsedMs } = account;

  async function setAnew(event: Event) {
    event.preventDefault();
    if (await accounts.change(() => accountApi.changeAccount(id, { password: password ?? '' }))) setPassword(undefined);
  }

  return (
    <li data-testid={`account-${name}`}>
      <div class="row">
        <span>
          <strong>{name}</strong>
          <span class="hint">
            {lastUsedMs === undefined ? texts.notLoggedIn : texts.lastUsed(momentWords(lastUsedMs, Date.now()))}
          </span>
        </span>
        <span class="space" />
        <RoleSelect
          label={texts.roleOf(name)}
          value={role}
          disabled={accounts.isBusy}
          onValue={(next) => void accounts.change(() => accountApi.changeAccount(id, { role: next }))}
        />
        <button type="button" class="small" onClick={() => setPassword(password === undefined ? '' : undefined)}>
          {texts.setPassword}
        </button>
        <SureButton
          words={texts.remove}
          sureWords={texts.removeSurely}
          disabled={accounts.isBusy}
          onSure={() => void accounts.change(() => accountApi.removeAccount(id))}
        />
      </div>
      {password === undefined ? null : (
        <form class="row" onSubmit={(event) => void setAnew(event)}>
          <Field
            label={texts.newPasswordOf(name)}
            type="password"
            autocomplete="new-password"
            required
            minLength={10}
            hint={texts.passwordHint}
            value={password}
            onValue={setPassword}
          />
          <button type="submit" disabled={accounts.isBusy || password.length < 10}>
            {texts.setPassword}
          </button>
        </form>
      )}
    </li>
  );
}

function NewAccount({ accounts }: { accounts: RemoteList<AccountData> }) {
  const { account: texts } = useTexts();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState('');

  async function add(event: Event) {
    event.preventDefault();
    if (!(await accounts.change(() => accountApi.addAccount(name.trim(), role, password)))) return;
    setName('');
    setPassword('');
  }

  return (
    <form aria-label={texts.addAccount} data-testid="new-account" onSubmit={(event) => void add(event)}>
      <h3 class="part">{texts.addAccount}</h3>
      <Field label={texts.name} name="account-name" autocomplete="off" required value={name} onValue={setName} />
      <Field
        label={texts.password}
        name="account-password"
        type="password"
        autocomplete="new-password"
        required
        minLength={10}
        hint={texts.passwordHint}
        value={password}
        onValue={setPassword}
      />
      <div class="actions">
        <RoleSelect label={texts.role} value={role} onValue={setRole} />
        <span class="space" />
        <button type="submit" disabled={accounts.isBusy || name.trim() === '' || password.length < 10}>
          {texts.addAccount}
        </button>
      </div>
    </form>
  );
}
