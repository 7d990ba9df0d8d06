import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../../config/config-error.ts';
import { type ConfigPath, describeNode, metaOf, nodeIn, pathText, shapeOf } from '../../config/expectation.ts';
import { nearestName } from '../../config/nearest.ts';
import { valueAt } from '../../config/rules.ts';
import { readYamlFile, type YamlFile } from '../../config/yaml-file.ts';
import { errorMessage } from '../../errors.ts';
import { buildKeySet } from './build-key-set.ts';
import { type KeyFile, keyFileSchema } from './key-file-schema.ts';
import type { EndpointSpec, KeySet } from './key-set.ts';
import { Secret } from './secret.ts';

const longestShownValue = 80;

export interface KeyFileContext {
  /** Where relative paths start. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of keys that name none, where the file names none either. */
  readonly defaultEndpoint: EndpointSpec;
}

/**
 * The keys of a YAML file: a list of keys, or settings with the list under `api_keys`. Throws `ConfigError` with
 * everything that is wrong, where it stands and what was expected; keys are never shown.
 */
export function readKeyFile(path: string, context: KeyFileContext): KeySet {
  const yaml = readYamlFile(resolve(context.cwd, path), context.cwd);
  if (yaml.problems.length > 0) throw new ConfigError(yaml.problems);
  const isList = Array.isArray(yaml.tree);
  const tree = isList ? { api_keys: yaml.tree } : yaml.tree;
  const place = (at: ConfigPath) => yaml.placeOf(isList ? at.slice(1) : at);
  const checked = keyFileSchema.safeParse(tree);
  if (!checked.success) throw new ConfigError(checked.error.issues.flatMap((issue) => problemsOf(issue, tree, place)));
  const { secrets, problems } = readSecrets(checked.data, context, place);
  const found = [...brokenReferences(checked.data, place), ...repeatedIds(checked.data, place), ...problems];
  if (found.length > 0) throw new ConfigError(found);
  return buildKeySet(checked.data, { secrets, defaultEndpoint: context.defaultEndpoint });
}

type PlaceOf = YamlFile['placeOf'];

function problemsOf(issue: z.core.$ZodIssue, tree: unknown, placeOf: PlaceOf): ConfigProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const node = nodeIn(keyFileSchema, path);
  if (issue.code === 'unrecognized_keys') {
    const known = node === undefined ? [] : Object.keys(shapeOf(node) ?? {});
    return issue.keys.map((key) => {
      const nearest = nearestName(key, known);
      const hint = nearest === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${nearest}?`;
      return { place: placeOf([...path, key]), key: pathText([...path, key]), message: `no such setting; ${hint}` };
    });
  }
  const expected = node === undefined ? issue.message : describeNode(node);
  const isSecret = node !== undefined && metaOf(node, 'secret') === true;
  const message = `expected ${expected}, received ${shown(valueAt(tree, path), isSecret)}`;
  return [{ place: placeOf(path), key: pathText(path), message }];
}

function shown(value: unknown, isSecret: boolean): string {
  if (value === undefined || value === null) return 'nothing';
  if (isSecret) return 'a value that is not shown';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'settings by name';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, longestShownValue)) : String(value);
}

function brokenReferences({ api_keys, endpoints, cooling }: KeyFile, placeOf: PlaceOf): ConfigProblem[] {
  const names = endpoints.map(({ id }) => id);
  const problems = api_keys.flatMap(({ endpoint }, index) => {
    if (endpoint === undefined || names.includes(endpoint)) return [];
    const path = ['api_keys', index, 'endpoint'];
    const expected = names.length === 0 ? 'none, as `endpoints` names none' : `one of ${names.join(', ')}`;
    return { place: placeOf(path), key: pathText(path), message: `expected ${expected}, received ${endpoint}` };
  });
  if (cooling === undefined || cooling.min_cooldown <= cooling.max_cooldown) return problems;
  const path = ['cooling', 'max_cooldown'];
  const message = `expected at least min_cooldown, which is ${cooling.min_cooldown}, received ${cooling.max_cooldown}`;
  return [...problems, { place: placeOf(path), key: pathText(path), message }];
}

function repeatedIds(file: KeyFile, placeOf: PlaceOf): ConfigProblem[] {
  return (['api_keys', 'endpoints', 'quota_groups'] as const).flatMap((list) => {
    const ids = file[list].map(({ id }) => id);
    return ids.flatMap((id, index) => {
      const first = ids.indexOf(id);
      if (first === index) return [];
      const path = [list, index, 'id'];
      const message = `expected an id of its own, other than that of ${list}[${first}], received ${id}`;
      return { place: placeOf(path), key: pathText(path), message };
    });
  });
}

function readSecrets(
  { api_keys }: KeyFile,
  { env, cwd }: KeyFileContext,
  placeOf: PlaceOf,
): { secrets: Secret[]; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const secrets = api_keys.map(({ api_key }, index) => {
    const read = readSecret(api_key, env, cwd);
    if (read instanceof Secret) return read;
    const path = ['api_keys', index, 'api_key'];
    problems.push({ place: placeOf(path), key: pathText(path), message: read });
    return new Secret('');
  });
  return { secrets, problems };
}

/** The key itself, or what is wrong. */
function readSecret(value: string, env: NodeJS.ProcessEnv, cwd: string): Secret | string {
  if (value.startsWith('env:')) {
    const name = value.slice('env:'.length);
    const found = env[name]?.trim();
    return found ? new Secret(found) : `expected the environment variable ${name} to hold the key, received nothing`;
  }
  if (!value.startsWith('file:')) return new Secret(value);
  try {
    const found = readFileSync(resolve(cwd, value.slice('file:'.length)), 'utf8').trim();
    return /^[\x21-\x7e]{4,512}$/.test(found)
      ? new Secret(found)
      : 'expected one key in the file, received something else';
  } catch (error) {
    return `expected a file with the key: ${errorMessage(error)}`;
  }
}
