import { useState } from 'preact/hooks';

interface SureButtonProps {
  readonly words: string;
  readonly sureWords: string;
  readonly disabled: boolean;
  readonly onSure: () => void;
}

/** A button for what cannot be taken back: the first press asks, the second does it. */
export function SureButton({ words, sureWords, disabled, onSure }: SureButtonProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <button
      type="button"
      class="small"
      data-sure={isAsking}
      disabled={disabled}
      onBlur={() => setAsking(false)}
      onClick={() => {
        setAsking(!isAsking);
        if (isAsking) onSure();
      }}
    >
      {isAsking ? sureWords : words}
    </button>
  );
}
