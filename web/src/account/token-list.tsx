import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { momentWords } from '../i18n/moments.ts';
import { accountApi, type Role } from './account-api.ts';
import { Field } from './field.tsx';
import { RoleSelect } from './role-select.tsx';
import { SureButton } from './sure-button.tsx';
import { useList } from './use-list.ts';

/** Tokens of programs. A new one is shown once. */
export function TokenList() {
  const { account: texts } = useTexts();
  const tokens = useList(accountApi.tokens);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [secret, setSecret] = useState<string>();

  async function add(event: Event) {
    event.preventDefault();
    const done = await tokens.change(async () => setSecret(await accountApi.addToken(name.trim(), role)));
    if (done) setName('');
  }

  return (
    <section aria-label={texts.parts.tokens} data-testid="tokens">
      <p class="hint">{texts.tokensHint}</p>
      <p class="result" role="alert" data-good="false">
        {tokens.fault}
      </p>
      <ul class="entries">
        {tokens.items?.map((token) => (
          <li key={token.id} class="row" data-testid={`token-${token.name}`}>
            <span>
              <strong>{token.name}</strong> {texts.roles[token.role]}
              <span class="hint">
                {token.lastUsedMs === undefined
                  ? texts.neverUsed
                  : texts.lastUsed(momentWords(token.lastUsedMs, Date.now()))}
              </span>
            </span>
            <span class="space" />
            <SureButton
              words={texts.remove}
              sureWords={texts.removeSurely}
              disabled={tokens.isBusy}
              onSure={() => void tokens.change(() => accountApi.removeToken(token.id))}
            />
          </li>
        ))}
      </ul>
      {secret === undefined ? null : (
        <div class="secret" role="status">
          <p>{texts.tokenOnce}</p>
          <code data-testid="token-secret">{secret}</code>
        </div>
      )}
      <form aria-label={texts.addToken} onSubmit={(event) => void add(event)}>
        <h3 class="part">{texts.addToken}</h3>
        <Field label={texts.tokenName} name="token-name" autocomplete="off" required value={name} onValue={setName} />
        <div class="actions">
          <RoleSelect label={texts.role} value={role} onValue={setRole} />
          <span class="space" />
          <button type="submit" disabled={tokens.isBusy || name.trim() === ''}>
            {texts.addToken}
          </button>
        </div>
      </form>
    </section>
  );
}
