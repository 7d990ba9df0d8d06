import { type ConfigPath, isSecret, knownKeys } from './expectation.ts';
import { nearestName } from './nearest.ts';
import { textWithoutCredentials } from './without-secrets.ts';

const longestShownValue = 200;

/** Why a value of a setting is refused: `expected …, received …`. Without secrets. */
export function refusalText(expected: string, received: unknown, path: ConfigPath): string {
  return `expected ${expected}, received ${isSecret(path) ? hidden(received) : shown(received, path)}`;
}

/** What is said of a name that no setting below `path` has. */
export function unknownSettingText(path: ConfigPath, key: string): string {
  const known = knownKeys(path);
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${nearest}?`;
  return `no such setting; ${hint}`;
}

function hidden(value: unknown): string {
  return value === undefined || value === null ? 'nothing' : 'a value that is not shown';
}

function shown(value: unknown, path: ConfigPath): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'settings by name';
  if (typeof value !== 'string') return String(value);
  const safe = textWithoutCredentials(value, path);
  return JSON.stringify(safe.length > longestShownValue ? `${safe.slice(0, longestShownValue)}…` : safe);
}
