import type { InputHTMLAttributes } from 'preact';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: string;
}

/** An input with its label above it, and what it expects below. */
export function Field({ label, value, onValue, hint, ...input }: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label class="field">
      {label}
      <input
        {...input}
        spellcheck={false}
        autocapitalize="none"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      {hint === undefined ? null : <span class="hint">{hint}</span>}
    </label>
  );
}
