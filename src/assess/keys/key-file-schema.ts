/** What `config/api_keys.yaml` may hold; names as other programs of its kind have them, times in seconds. */
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[\w.:@-]{1,64}$/)
  .meta({ expects: 'up to 64 letters, digits, "_", ".", ":", "@" and "-"' });

const perSecond = z.number().min(0.01).max(10_000);
const perMinute = z.number().min(1).max(1_000_000);
const tokensPerMinute = z.int().min(100).max(1_000_000_000);
const seconds = z.number().min(0.01).max(3600);

const apiKey = z.strictObject({
  id: name.describe('What the key is called in logs, metrics and on the page.'),
  api_key: z
    .string()
    .regex(/^(env:\w+|file:.+|[\x21-\x7e]{4,512})$/)
    .meta({ secret: true, expects: 'a key (4 to 512 printable characters), env:NAME or file:PATH' })
    .describe('The key, or where it is: an environment variable or a file.'),
  priority: z.int().min(0).max(1000).default(0).describe('Weight where `weighted` chooses; 0 counts as 1.'),
  quota_group: name
    .exactOptional()
    .describe('Keys of one account share its limits: give them one name. Unless given, the key stands for itself.'),
  endpoint: name.exactOptional().describe('Where the key is valid; unless given, the first endpoint.'),
  qps_limit: perSecond.default(10).describe('Calls a second with this key.'),
  rpm_limit: perMinute.default(600).describe('Calls a minute with this key.'),
  tpm_limit: tokensPerMinute.exactOptional().describe('Tokens a minute of its group, where that says nothing else.'),
});

const quotaGroup = z.strictObject({
  id: name,
  qps_limit: perSecond.exactOptional().describe('Calls a second of the account, over all its keys.'),
  rpm_limit: perMinute.exactOptional().describe('Calls a minute of the account, over all its keys.'),
  tpm_limit: tokensPerMinute.exactOptional().describe('Tokens a minute of the account, over all its keys.'),
});

const endpoint = z.strictObject({
  id: name,
  base_url: z
    .string()
    .regex(/^https?:\/\/[^\s/@]+(\/\S*)?$/)
    .meta({ expects: 'http:// or https:// and a host, without credentials' }),
  model: z.string().trim().min(1).max(200),
  structured_output: z.enum(['json_schema', 'json_object', 'text']).default('json_object'),
});

export const keyFileSchema = z.strictObject({
  selection_strategy: z.enum(['least_loaded', 'round_robin', 'weighted']).exactOptional(),
  cooling: z
    .strictObject({ min_cooldown: seconds.default(10), max_cooldown: seconds.default(120) })
    .exactOptional()
    .describe('Shortest and longest rest after a refusal, s.'),
  endpoints: z.array(endpoint).max(20).default([]),
  quota_groups: z.array(quotaGroup).max(200).default([]),
  api_keys: z.array(apiKey).max(200),
});

export type KeyFile = z.output<typeof keyFileSchema>;
export type KeyEntry = KeyFile['api_keys'][number];
