import type { Config } from './schema.ts';

/** Settings that somebody has made and that this version does not use: to be said, once. */
export function settingsWithoutEffect(config: Config): string[] {
  const settings: string[] = [];
  if (config.backend.baseUrl !== undefined) settings.push('backend.baseUrl');
  return settings;
}
