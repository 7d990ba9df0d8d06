/** Puts together what support needs to see, without a secret. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedVersion } from '../config/installation.ts';
import type { Config } from '../config/schema.ts';
import { withoutSecrets } from '../config/without-secrets.ts';
import { errorCode, errorMessage } from '../errors.ts';
import { logLines } from './log-lines.ts';
import { machineFacts } from './machine-facts.ts';
import { secretsOf, withoutThese } from './secrets.ts';
import { serviceAnswers } from './service-answers.ts';
import { storeFacts } from './store-facts.ts';
import { unitFacts } from './unit-facts.ts';

/** Of the report; readers look at it first. */
const form = 1;

export interface CollectOptions {
  /** The configuration, or why there is none. */
  readonly config: Config | Error;
  /** Where it stands, or was looked for. */
  readonly configFile: string;
  readonly stateFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** The installation's file of variables, where it has one. */
  readonly envFile?: string;
  /** A log to be looked at beside those that are known. */
  readonly logFile?: string;
}

/** The report as JSON. Nothing that is missing or broken keeps the rest from being told. */
export async function collect(options: CollectOptions): Promise<string> {
  const { config, configFile, stateFolder, environment, envFile, logFile } = options;
  const known = config instanceof Error ? undefined : config;
  const version = installedVersion();
  const parts = {
    form,
    madeAt: new Date().toISOString(),
    program: { version, node: process.versions.node, arch: process.arch, engine: await attempt(engineVersions) },
    configuration: config instanceof Error ? { error: config.message } : withoutSecrets(config),
    unit: await attempt(unitFacts),
    service: known === undefined ? { unknown: 'without a configuration' } : await attempt(() => serviceAnswers(known)),
    stores: known === undefined ? [] : await attempt(async () => storeFacts(known)),
    crashes: await attempt(async () => crashesIn(stateFolder)),
    machine: await attempt(() => machineFacts(version, stateFolder)),
    log: await attempt(() => logLines(stateFolder, logFile)),
  };
  const secrets = await secretsOf(known, environment, envFile, known === undefined ? configFile : undefined);
  return withoutThese(secrets)(JSON.stringify(parts, null, 1));
}

async function attempt<Part>(collectPart: () => Promise<Part>): Promise<Part | { readonly failed: string }> {
  try {
    return await collectPart();
  } catch (error) {
    return { failed: `${errorCode(error)}: ${errorMessage(error)}` };
  }
}

async function engineVersions(): Promise<unknown> {
  return (await import('../native.ts')).native.versions();
}

function crashesIn(stateFolder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(stateFolder, 'crashes.json'), 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'none';
    throw error;
  }
}
