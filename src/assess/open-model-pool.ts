/** The pool of API keys, as the configuration wants it. */
import type { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../time/clock.ts';
import { KeySource } from './keys/key-source.ts';
import { Secret } from './keys/secret.ts';
import { KeyPool, type PoolLoad } from './pool/key-pool.ts';
import type { KeyState, ModelPool } from './pool/model-pool.ts';
import type { PoolObserver } from './pool/pool-observer.ts';
import { defaultPoolOptions, type PoolOptions } from './pool/pool-options.ts';

/** The key that stands in the environment or the configuration, in logs and metrics. */
const singleKeyId = 'default';

export interface OpenModelPoolOptions {
  readonly config: Pick<Config, 'llm' | 'risk'>;
  readonly clock: Clock;
  readonly observer: Partial<PoolObserver>;
  /** Where key files name environment variables. */
  readonly env: NodeJS.ProcessEnv;
  /** So many keys there are now. */
  readonly onKeys: (count: number) => void;
  /** The file of keys has changed and cannot be used: the keys stay. */
  readonly onProblem: (problem: ConfigError) => void;
}

/** A pool that follows its file of keys. */
export interface OpenedPool extends ModelPool {
  keys(): readonly KeyState[];
  load(): PoolLoad;
}

/** Throws `ConfigError` where there is a file of keys that cannot be used. */
export async function openModelPool(options: OpenModelPoolOptions): Promise<OpenedPool> {
  const { config, clock, observer, env, onKeys, onProblem } = options;
  const { llm } = config;
  const source = await KeySource.open({
    file: llm.keysFile,
    cwd: process.cwd(),
    env,
    clock,
    defaultEndpoint: {
      id: 'default',
      baseUrl: llm.baseUrl,
      model: llm.model,
      structuredOutput: llm.structuredOutput,
    },
    ...(llm.apiKey === undefined ? {} : { singleKey: { id: singleKeyId, secret: new Secret(llm.apiKey) } }),
    onChange: (keys) => {
      pool.useKeys(keys);
      onKeys(keys.keys.length);
    },
    onProblem,
  });
  const pool = new KeyPool({ keys: source.keys, options: poolOptions(config), observer, clock });
  onKeys(source.keys.keys.length);
  return {
    ask: (request, signal) => pool.ask(request, signal),
    keys: () => pool.keys(),
    load: () => pool.load(),
    close: () => {
      source.close();
      return pool.close();
    },
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
