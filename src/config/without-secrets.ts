import { type ConfigPath, isSecret } from './expectation.ts';
import { redactCredentials, redactUrl } from './redact.ts';
import type { Config } from './schema.ts';

/** A configuration that may be shown: secrets and the credentials in URLs are `***`. */
export function withoutSecrets(config: Config): Config {
  return copyWithoutSecrets(config, []) as Config;
}

/** The text of a setting as it may be shown: without the credentials of URLs. For settings that are no secrets. */
export function textWithoutCredentials(text: string, path: ConfigPath): string {
  const name = path.at(-1);
  return name === 'url' || name === 'baseUrl' ? redactUrl(text) : redactCredentials(text);
}

function copyWithoutSecrets(value: unknown, path: ConfigPath): unknown {
  if (isSecret(path)) return '***';
  if (Array.isArray(value)) return value.map((item, index) => copyWithoutSecrets(item, [...path, index]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, copyWithoutSecrets(item, [...path, key])]),
    );
  }
  return typeof value === 'string' ? textWithoutCredentials(value, path) : value;
}
