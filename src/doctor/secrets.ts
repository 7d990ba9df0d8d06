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
    collectFromConfig(config, found);
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

/** Tells of every text in a tree of settings, and where it stands. */
function visitTexts(value: unknown, visit: (text: string, path: ConfigPath) => void, path: ConfigPath = []): void {
  if (typeof value === 'string') visit(value, path);
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [key, item] of entries) visitTexts(item, visit, [...path, key]);
}

/** As `visitTexts`, of a file that may be none or broken: then there is nothing to tell of. */
function visitTextsOfFile(file: string, visit: (text: string, path: ConfigPath) => void): void {
  try {
    visitTexts(parse(readFileSync(file, 'utf8')), visit);
  } catch {
    // What cannot be read shows up nowhere else, either.
  }
}

function collectFromConfig(config: Config, found: Set<string>): void {
  visitTexts(config, (text, path) => {
    if (isSecret(path)) found.add(text);
    for (const part of credentialsIn(text)) found.add(part);
  });
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
  visitTextsOfFile(file, (text, path) => {
    const name = String(path.at(-1));
    if (name === 'keysFile') collectFromKeys(text, found);
    else if (secretName.test(name)) found.add(text);
    for (const part of credentialsIn(text)) found.add(part);
  });
}

/** A file that is not valid may hold keys all the same: what looks like one of its values is taken. */
function collectFromKeys(file: string, found: Set<string>): void {
  visitTextsOfFile(file, (text, path) => {
    // Those of a list have the list's name.
    const name = String(path.findLast((part) => typeof part === 'string'));
    if (secretName.test(name) && !reference.test(text)) found.add(text);
  });
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
