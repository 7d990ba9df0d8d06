/** The pool of API keys, as the configuration wants it. */
import { join } from 'node:path';
import type { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/schema.ts';
import { stateFolder } from '../config/state-folder.ts';
import type { Clock } from '../time/clock.ts';
import type { KeySet } from './keys/key-set.ts';
import { KeySource } from './keys/key-source.ts';
import { Secret } from './keys/secret.ts';
import { KeyPool, type PoolLoad } from './pool/key-pool.ts';
import type { EndpointState, GroupState, ModelPool } from './pool/model-pool.ts';
import type { PoolObserver } from './pool/pool-observer.ts';
import { defaultPoolOptions, type PoolOptions } from './pool/pool-options.ts';
import { SpentFile } from './pool/spent-file.ts';

/** The key that stands in the environment or the configuration, in logs and metrics. */
const singleKeyId = 'default';

export interface OpenModelPoolOptions {
  readonly config: Pick<Config, 'llm' | 'risk'>;
  readonly clock: Clock;
  readonly observer: Partial<PoolObserver>;
  /** Where key files name environment variables. */
  readonly env: NodeJS.ProcessEnv;
  /** The keys that there are now. */
  readonly onKeys: (keys: KeySet) => void;
  /** The file of keys has changed and cannot be used: the keys stay. */
  readonly onProblem: (problem: ConfigError) => void;
  /** What was spent of the day's tokens cannot be read or kept. */
  readonly onSpentTrouble: (code: string, message: string) => void;
}

/** A pool that follows its file of keys. */
export interface OpenedPool extends ModelPool {
  groups(): readonly GroupState[];
  endpoints(): readonly EndpointState[];
  load(): PoolLoad;
}

/** Throws `ConfigError` where there is a file of keys that cannot be used. */
export async function openModelPool(options: OpenModelPoolOptions): Promise<OpenedPool> {
  const { config, clock, observer, env, onKeys, onProblem } = options;
  const spentFile = openSpentFile(options);
  const spent = await spentFile?.read();
  const source = await KeySource.open({
    ...whereKeysAre(config, env),
    clock,
    onChange: (keys) => {
      pool.useKeys(keys);
      onKeys(keys);
    },
    onProblem,
  });
  const pool = new KeyPool({
    keys: source.keys,
    options: poolOptions(config),
    observer,
    clock,
    ...(spent === undefined ? {} : { spent }),
  });
  spentFile?.follow(() => pool.load().spent);
  onKeys(source.keys);
  return {
    ask: (request, signal) => pool.ask(request, signal),
    keys: () => pool.keys(),
    groups: () => pool.groups(),
    endpoints: () => pool.endpoints(),
    load: () => pool.load(),
    close: async () => {
      source.close();
      await pool.close();
      await spentFile?.close();
    },
  };
}

/** Where a day's tokens are limited, what was spent outlives a restart. */
function openSpentFile({ config, clock, env, onSpentTrouble }: OpenModelPoolOptions): SpentFile | undefined {
  if (config.llm.tokensPerDay === undefined) return undefined;
  return new SpentFile({ path: join(stateFolder(env), 'llm-tokens.json'), clock, onTrouble: onSpentTrouble });
}

/** The keys as they stand now. Throws `ConfigError` where there is a file of keys that cannot be used. */
export async function readKeys(config: OpenModelPoolOptions['config'], env: NodeJS.ProcessEnv): Promise<KeySet> {
  const source = await KeySource.open({ ...whereKeysAre(config, env), onChange: () => {}, onProblem: () => {} });
  source.close();
  return source.keys;
}

function whereKeysAre({ llm }: OpenModelPoolOptions['config'], env: NodeJS.ProcessEnv) {
  const { keysFile, apiKey, baseUrl, model, structuredOutput } = llm;
  return {
    file: keysFile,
    cwd: process.cwd(),
    env,
    defaultEndpoint: { id: 'default', baseUrl, model, structuredOutput },
    ...(apiKey === undefined ? {} : { singleKey: { id: singleKeyId, secret: new Secret(apiKey) } }),
  };
}

function poolOptions({ llm, risk }: OpenModelPoolOptions['config']): PoolOptions {
  return {
    ...defaultPoolOptions,
    strategy: llm.selectionStrategy,
    maxInFlight: llm.maxConcurrentCalls,
    maxQueue: risk.maxTasks,
    timeoutMs: llm.timeoutMs,
    maxRetries: llm.maxRetries,
    cooling: llm.cooling,
    hedgeShare: llm.hedgeShare,
    tokensPerDay: llm.tokensPerDay,
  };
}
