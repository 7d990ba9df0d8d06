import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

export interface FiledKey {
  readonly id: string;
  /** The secret itself. */
  readonly key: string;
}

/** Writes a file of API keys of one account at one endpoint; rests are short. */
export function writeKeyFile(path: string, baseUrl: string, keys: readonly FiledKey[]): Promise<void> {
  return writeFile(
    path,
    stringify({
      cooling: { min_cooldown: 1, max_cooldown: 2 },
      endpoints: [{ id: 'fake', base_url: baseUrl, model: 'fake-vl' }],
      api_keys: keys.map(({ id, key }) => ({ id, api_key: key, quota_group: 'account-1' })),
    }),
  );
}
