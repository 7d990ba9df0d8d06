/** The secrets of an installation, and texts without them. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { readKeys } from '../assess/open-model-pool.ts';
import type { ConfigPath } from '../config/expectation.ts';
import { isSecret } from '../config/expectation.ts';
import { redactCredentials } from '../config/redact.ts';
import type { Config } from '../config/schema.ts';

/** Shorter ones stand in too many words to be looked for; the fields that hold them are not written at all. */
const shortestBytes = 4;
/** Names of what holds a secret, in files of others' making. */
const secretName = /pass|pwd|token|secret|key|auth|credential/i;
const ownSecretName = /^(ALGO|DASHSCOPE)_.*(pass|token|secret|key|auth)/i;
/** A secret that stands elsewhere. */
const reference = /^(env|file):/;
const hidden = '***';

/**
 * Every secret of the configuration, its file of API keys, these variables and the installation's file of them. A configuration
 * that is refused holds secrets, too: `refusedFile` is looked through for what is named like one.
 */
export async function secretsOf(
  config: Config | undefined,
  environment: NodeJS.ProcessEnv,
  envFile?: string,
  refusedFile?: string,
): Promise<string[]> {
  const found = new Set<string>();
  const own = variablesIn(envFile);
  if (config !== undefined) {
    collect(config, [], found);
    collectFromKeys(config.llm.keysFile, found);
    for (const secret of await keysInUse(config, { ...own, ...environment })) found.add(secret);
  }
  if (refusedFile !== undefined) collectFromRefused(refusedFile, found);
  collectFromVariables(own, found, secretName);
  collectFromVariables(environment, found, ownSecretName);
  return [...found].filter((secret) => secret.length >= shortestBytes);
}

/** Takes secrets out of a text, as they are and as they stand in JSON and in URLs, and the credentials of any URL. */
export function withoutThese(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // Longer ones first: one may be a part of another.
  const ordered = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((rest, form) => rest.replaceAll(form, hidden), redactCredentials(text));
}

function collect(value: unknown, path: ConfigPath, found: Set<string>): void {
  if (typeof value === 'string') {
    if (isSecret(path)) found.add(value);
    for (const part of credentialsIn(value)) found.add(part);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, item] of entries) collect(item, [...path, key], found);
  }
}

/** The password of a URL, and the values of parameters that are named like secrets. */
function credentialsIn(url: string): string[] {
  const found: string[] = [];
  const userInfo = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:(.*)@/is.exec(url)?.[1];
  if (userInfo !== undefined) found.push(userInfo, decoded(userInfo));
  for (const [, name = '', value = ''] of url.matchAll(/[?&]([^=&#]+)=([^&#]+)/g)) {
    if (secretName.test(name)) found.push(value, decoded(value));
  }
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What is named like a secret, the credentials of addresses, and the keys in the file that it names. */
function collectFromRefused(file: string, found: Set<string>): void {
  const visit = (value: unknown, name: string) => {
    if (typeof value === 'string') {
      if (name === 'keysFile') collectFromKeys(value, found);
      else if (secretName.test(name)) found.add(value);
      for (const part of credentialsIn(value)) found.add(part);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) visit(item, key);
    }
  };
  try {
    visit(parse(readFileSync(file, 'utf8')), '');
  } catch {}
}

/** A file that is not valid may hold keys all the same: what looks like one of its values is taken. */
function collectFromKeys(file: string, found: Set<string>): void {
  try {
    const visit = (value: unknown, name: string) => {
      if (typeof value === 'string' && secretName.test(name) && !reference.test(value)) found.add(value);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, item] of Object.entries(value)) visit(item, Array.isArray(value) ? name : key);
    };
    visit(parse(readFileSync(file, 'utf8')), '');
  } catch {
    // Without the file there are none.
  }
}

/** Also those that the file only refers to. */
async function keysInUse(config: Config, environment: NodeJS.ProcessEnv): Promise<string[]> {
  try {
    const { keys } = await readKeys(config, environment);
    return keys.map(({ secret }) => secret.reveal());
  } catch {
    // It cannot be used: what stands in it was taken above.
    return [];
  }
}

function collectFromVariables(variables: NodeJS.ProcessEnv, found: Set<string>, names: RegExp): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) continue;
    if (names.test(name)) found.add(value);
    for (const part of credentialsIn(value)) found.add(part);
  }
}

function variablesIn(file: string | undefined): NodeJS.ProcessEnv {
  if (file === undefined) return {};
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
