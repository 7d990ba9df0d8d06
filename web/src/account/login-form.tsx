import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { accountApi } from './account-api.ts';
import { Field } from './field.tsx';
import type { SessionStore } from './session-store.ts';
import { useTask } from './use-task.ts';

/** Name and password. */
export function LoginForm({ store }: { store: SessionStore }) {
  const { account: texts } = useTexts();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const task = useTask();

  async function logIn(event: Event) {
    event.preventDefault();
    const done = await task.run(async () => store.begin(await accountApi.logIn(name.trim(), password)));
    if (!done) setPassword('');
  }

  return (
    <form class="door-form" aria-label={texts.logIn} data-testid="login" onSubmit={(event) => void logIn(event)}>
      <h2>{texts.logIn}</h2>
      {store.hasEnded ? <p data-testid="ended">{texts.sessionEnded}</p> : null}
      <Field
        label={texts.name}
        name="username"
        autocomplete="username"
        required
        autofocus
        value={name}
        onValue={setName}
      />
      <Field
        label={texts.password}
        name="password"
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onValue={setPassword}
      />
      <p class="result" role="alert" data-testid="login-fault" data-good="false">
        {task.fault}
      </p>
      <div class="actions">
        <span class="space" />
        <button type="submit" class="primary" disabled={task.isBusy || name.trim() === '' || password === ''}>
          {task.isBusy ? texts.checking : texts.logIn}
        </button>
      </div>
      <p class="hint">{texts.lostPassword}</p>
    </form>
  );
}
