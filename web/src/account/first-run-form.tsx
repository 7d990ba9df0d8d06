import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import type { SessionData } from './account-api.ts';
import { Field } from './field.tsx';
import type { SessionStore } from './session-store.ts';
import { useTask } from './use-task.ts';

interface FirstRunFormProps {
  readonly needsCode: boolean;
  readonly store: SessionStore;
  readonly onMade: (session: SessionData) => void;
}

/** Makes the first account: an administrator's. */
export function FirstRunForm({ needsCode, store, onMade }: FirstRunFormProps) {
  const { account: texts } = useTexts();
  const [name, setName] = useState('admin');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [code, setCode] = useState('');
  const task = useTask();
  const differs = again !== '' && again !== password;
  const isComplete = name.trim() !== '' && password.length >= 10 && again === password && (!needsCode || code !== '');

  async function make(event: Event) {
    event.preventDefault();
    await task.run(async () => onMade(await store.setUp(name.trim(), password, code.trim())));
  }

  return (
    <form class="door-form" aria-label={texts.firstRun} data-testid="first-run" onSubmit={(event) => void make(event)}>
      <h2>{texts.firstRun}</h2>
      <p class="hint">{needsCode ? texts.firstRunCodeHint : texts.firstRunHint}</p>
      {needsCode ? (
        <Field label={texts.code} name="code" autocomplete="one-time-code" required value={code} onValue={setCode} />
      ) : null}
      <Field label={texts.name} name="username" autocomplete="username" required value={name} onValue={setName} />
      <Field
        label={texts.password}
        name="new-password"
        type="password"
        autocomplete="new-password"
        required
        minLength={10}
        hint={texts.passwordHint}
        value={password}
        onValue={setPassword}
      />
      <Field
        label={texts.passwordAgain}
        name="again"
        type="password"
        autocomplete="new-password"
        required
        value={again}
        onValue={setAgain}
      />
      <p class="result" role="alert" data-testid="first-run-fault" data-good="false">
        {differs ? texts.passwordsDiffer : task.fault}
      </p>
      <div class="actions">
        <span class="space" />
        <button type="submit" class="primary" disabled={task.isBusy || !isComplete}>
          {task.isBusy ? texts.checking : texts.makeAdministrator}
        </button>
      </div>
    </form>
  );
}
