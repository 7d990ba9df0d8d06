import { useTexts } from '../i18n/language.ts';
import type { Role } from './account-api.ts';

const choices: readonly Role[] = ['viewer', 'operator', 'admin'];

interface RoleSelectProps {
  readonly label: string;
  readonly value: Role;
  readonly disabled?: boolean;
  readonly onValue: (role: Role) => void;
}

/** Viewer, operator or administrator. */
export function RoleSelect({ label, value, disabled = false, onValue }: RoleSelectProps) {
  const { account: texts } = useTexts();
  return (
    <select
      aria-label={label}
      value={value}
      disabled={disabled}
      onChange={(event) => onValue(event.currentTarget.value as Role)}
    >
      {choices.map((role) => (
        <option key={role} value={role}>
          {texts.roles[role]}
        </option>
      ))}
    </select>
  );
}
