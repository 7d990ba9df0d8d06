import type { Ref } from 'preact';
import { useTexts } from '../i18n/language.ts';
import { KeyIcon } from '../icons.tsx';
import type { KeyStore } from './key-store.ts';
import { judgeHeadline, judgeName } from './key-words.ts';

interface KeyButtonProps {
  readonly keys: KeyStore;
  readonly open: boolean;
  readonly buttonRef: Ref<HTMLButtonElement>;
  readonly onToggle: () => void;
}

/** Opens and closes the panel of the API keys; says who judges, in a colour that warns where it is not the model. */
export function KeyButton({ keys, open, buttonRef, onToggle }: KeyButtonProps) {
  const texts = useTexts();
  // What is not up to date is not said.
  const data = keys.isStale ? undefined : keys.data;
  const words = open ? texts.hideKeys : texts.showKeys;
  return (
    <button
      type="button"
      class="key-button"
      ref={buttonRef}
      aria-expanded={open}
      title={words}
      aria-label={data === undefined ? words : `${judgeHeadline(data.judge, texts)}. ${words}`}
      data-judge={data?.judge.by}
      data-why={data !== undefined && 'why' in data.judge ? data.judge.why : undefined}
      data-testid="keys-button"
      onClick={onToggle}
    >
      <KeyIcon />
      {data === undefined ? null : <span data-testid="judge-name">{judgeName(data.judge, texts)}</span>}
    </button>
  );
}
