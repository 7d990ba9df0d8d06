import { useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { accountApi } from './account-api.ts';
import { Field } from './field.tsx';
import { useTask } from './use-task.ts';

/** Changes one's own password; all other sessions end with it. */
export function PasswordForm() {
  const { account: texts } = useTexts();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [isDone, setDone] = useState(false);
  const task = useTask();

  async function change(event: Event) {
    event.preventDefault();
    const done = await task.run(() => accountApi.changePassword(current, next));
    setDone(done);
    setCurrent('');
    if (done) setNext('');
  }

  return (
    <form aria-label={texts.changePassword} data-testid="password" onSubmit={(event) => void change(event)}>
      <h3 class="part">{texts.changePassword}</h3>
      <Field
        label={texts.currentPassword}
        name="current"
        type="password"
        autocomplete="current-password"
        required
        value={current}
        onValue={setCurrent}
      />
      <Field
        label={texts.newPassword}
        name="next"
        type="password"
        autocomplete="new-password"
        required
        minLength={10}
        hint={texts.passwordHint}
        value={next}
        onValue={setNext}
      />
      <p class="result" role="status" data-testid="password-result" data-good={task.fault === undefined}>
        {task.fault ?? (isDone ? texts.passwordChanged : undefined)}
      </p>
      <div class="actions">
        <span class="space" />
        <button type="submit" disabled={task.isBusy || current === '' || next.length < 10}>
          {texts.changePassword}
        </button>
      </div>
    </form>
  );
}
