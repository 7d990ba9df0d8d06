import { RefusedError } from '../connection/ask.ts';
import { useTexts } from '../i18n/language.ts';

/** Why something was not done, and what is wrong with which setting. */
export function Refusal({ error }: { error: Error | undefined }) {
  const words = useTexts().cameraSettings;
  if (error === undefined) return <div role="alert" />;
  const refused = error instanceof RefusedError ? error : undefined;
  const problems = refused?.problems ?? [];
  return (
    <div class="refusal" role="alert" data-testid="refusal" data-code={refused?.code}>
      {problems.length > 0 ? (
        <ul>
          {problems.map(({ field, message }) => (
            <li key={field}>
              {field === '' ? '' : <strong>{field}: </strong>}
              {message}
            </li>
          ))}
        </ul>
      ) : (
        <p>{words.refusals[refused?.code ?? ''] ?? error.message}</p>
      )}
    </div>
  );
}
