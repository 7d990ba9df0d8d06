import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { type Assignment, type Assignments, readEnvFile, readEnvironment } from './env.ts';
import { type ConfigPath, expectationAt, pathText } from './expectation.ts';
import { refusalText, unknownSettingText } from './refusal-text.ts';
import { brokenRules, valueAt } from './rules.ts';
import { type Config, configSchema } from './schema.ts';
import { readYamlFile, type YamlFile } from './yaml-file.ts';

/** The file that is read where it exists and no other is named. */
export const defaultConfigFile = 'config/roadwatch.yaml';
/**
 * Variables by which an installation names its own files: the configuration in place of `config/roadwatch.yaml`, and the variables
 * in place of `.env`.
 */
const installationFiles = { config: 'ROADWATCH_CONFIG', variables: 'ROADWATCH_ENV_FILE' } as const;

/** A setting from the command line: `--port 5000`. */
export interface FlagSetting {
  readonly flag: string;
  readonly path: ConfigPath;
  readonly value: unknown;
}

export interface LoadOptions {
  /** The YAML file; without it the installation's, else `config/roadwatch.yaml` where there is one. */
  readonly file?: string;
  /** Settings that stand in for a file: none is read then. */
  readonly embedded?: z.input<typeof configSchema>;
  readonly env: NodeJS.ProcessEnv;
  /** The strongest: over environment, `.env` and file. */
  readonly flags?: readonly FlagSetting[];
  /** Where relative paths start and `.env` is looked for. */
  readonly cwd: string;
}

/**
 * The configuration: file, then `.env`, then environment, then flags, the later over the earlier. Throws `ConfigError`
 * with all problems where anything is unknown or does not fit.
 */
export function loadConfig(options: LoadOptions): Config {
  const base = readBase(options);
  const dotEnv = readVariablesFile(options);
  const environment = readEnvironment(options.env);
  const assignments = [...dotEnv.assignments, ...environment.assignments, ...(options.flags ?? []).map(fromFlag)];
  const tree = assignments.reduce(assign, structuredClone(base.tree));
  const checked = configSchema.safeParse(tree);
  const describe = (path: ConfigPath, expected: string) => problemAt(path, expected, tree, base, assignments);
  const problems = [
    ...base.problems,
    ...dotEnv.problems,
    ...environment.problems,
    ...(checked.success ? [] : checked.error.issues.flatMap((issue) => issueProblems(issue, describe))),
    ...brokenRules(checked.success ? checked.data : tree).map(({ path, expected }) => describe(path, expected)),
  ];
  if (problems.length > 0 || !checked.success) throw new ConfigError(withoutRepeats(problems));
  const config = checked.data;
  const { promptFile, keysFile } = config.llm;
  const { tls } = config.server;
  return {
    ...config,
    server: {
      ...config.server,
      ...(tls === undefined
        ? {}
        : { tls: { certFile: resolve(options.cwd, tls.certFile), keyFile: resolve(options.cwd, tls.keyFile) } }),
    },
    detector: { ...config.detector, manifestPath: resolve(options.cwd, config.detector.manifestPath) },
    llm: {
      ...config.llm,
      keysFile: resolve(options.cwd, keysFile),
      ...(promptFile === undefined ? {} : { promptFile: resolve(options.cwd, promptFile) }),
    },
  };
}

function readVariablesFile({ env, cwd }: LoadOptions): Assignments {
  const installed = env[installationFiles.variables];
  return installed ? readEnvFile(installed, installed) : readEnvFile(join(cwd, '.env'), '.env');
}

/** The file that holds, or would hold, the configuration. */
export function configFileOf({ file, env, cwd }: Pick<LoadOptions, 'file' | 'env' | 'cwd'>): string {
  return resolve(cwd, file ?? (env[installationFiles.config] || defaultConfigFile));
}

function readBase(options: LoadOptions): YamlFile {
  if (options.embedded !== undefined) {
    return { tree: options.embedded, problems: [], placeOf: () => 'embedded settings' };
  }
  const file = configFileOf(options);
  const isNamed = options.file !== undefined || Boolean(options.env[installationFiles.config]);
  if (!isNamed && !existsSync(file)) {
    return { tree: {}, problems: [], placeOf: () => 'settings' };
  }
  return readYamlFile(file, options.cwd);
}

function fromFlag({ flag, path, value }: FlagSetting): Assignment {
  return { path, value, typed: String(value), place: 'command line', name: flag, scale: 1 };
}

/** The tree with the value set; where something that holds no settings is in the way, that is left to be refused. */
function assign(tree: unknown, { path, value }: Assignment): unknown {
  let parent = tree;
  for (const part of path.slice(0, -1)) {
    if (!isSettings(parent)) return tree;
    if (!Object.hasOwn(parent, part)) parent[part] = {};
    parent = parent[part];
  }
  const last = path.at(-1);
  if (isSettings(parent) && last !== undefined) parent[last] = value;
  return tree;
}

function isSettings(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type DescribeProblem = (path: ConfigPath, expected: string) => ConfigProblem;

function issueProblems(issue: z.core.$ZodIssue, describe: DescribeProblem): ConfigProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code !== 'unrecognized_keys') return [describe(path, expectationAt(path))];
  return issue.keys.map((key) => ({ ...describe([...path, key], ''), message: unknownSettingText(path, key) }));
}

/** A value that was refused: what it is called where it was set, and that place. */
function problemAt(
  path: ConfigPath,
  expected: string,
  tree: unknown,
  base: YamlFile,
  assignments: readonly Assignment[],
): ConfigProblem {
  const received = valueAt(tree, path);
  const source = assignments.findLast((assignment) => assignment.path.every((part, index) => part === path[index]));
  if (source === undefined) {
    return { place: base.placeOf(path), key: pathText(path), message: refusalText(expected, received, path) };
  }
  const isItem = path.length > source.path.length;
  const item = isItem ? ` item ${Number(path.at(-1)) + 1}` : '';
  const inItsUnit = expected === expectationAt(path) ? expectationAt(path, source.scale) : expected;
  const typed = isItem || Array.isArray(received) ? received : source.typed;
  return { place: source.place, key: `${source.name}${item}`, message: refusalText(inItsUnit, typed, path) };
}

function withoutRepeats(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ place, key }) => {
    const id = `${place} ${key}`;
    if (key !== '' && seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}
