import { useEffect, useState } from 'preact/hooks';
import { useTexts } from '../i18n/language.ts';
import { type AuditListData, accountApi } from './account-api.ts';
import { useTask } from './use-task.ts';

type Entry = AuditListData['entries'][number];

/** Who did what, the newest first; older entries on demand. */
export function AuditList() {
  const { account: texts } = useTexts();
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [next, setNext] = useState<number>();
  const task = useTask();

  function read(before?: number): void {
    void task.run(async () => {
      const page = await accountApi.audit(before);
      setEntries((known) => (before === undefined ? page.entries : [...known, ...page.entries]));
      setNext(page.next);
    });
  }
  useEffect(() => read(), []);

  return (
    <section aria-label={texts.parts.audit} data-testid="audit">
      <p class="result" role="alert" data-good="false">
        {task.fault}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section class="audit" tabIndex={0} aria-label={texts.parts.audit}>
        <table>
          <thead>
            <tr>
              {texts.auditColumns.map((words) => (
                <th key={words} scope="col">
                  {words}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {entries.map(({ id, atMs, who, action, subject, from, outcome }) => (
              <tr key={id} data-outcome={outcome}>
                <td>
                  <time dateTime={new Date(atMs).toISOString()}>{new Date(atMs).toLocaleString()}</time>
                </td>
                <td>{who}</td>
                <td>{action}</td>
                <td>{subject}</td>
                <td>{from}</td>
                <td>{texts.outcomes[outcome]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {next === undefined ? null : (
        <button type="button" disabled={task.isBusy} onClick={() => read(next)}>
          {texts.older}
        </button>
      )}
    </section>
  );
}
