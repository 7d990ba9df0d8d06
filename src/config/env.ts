import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { errorCode, errorMessage } from '../errors.ts';
import type { ConfigProblem } from './config-error.ts';
import type { ConfigPath } from './expectation.ts';
import { nearestName } from './nearest.ts';

/** How the text of a variable becomes a value; text that cannot stays as it is, for the schema to refuse. */
type VariableKind = 'text' | 'number' | 'seconds' | 'boolean' | 'list';

export interface EnvironmentVariable {
  readonly path: ConfigPath;
  readonly kind: VariableKind;
}

/** The variables that are read, and the setting that each stands for. */
export const environmentVariables: Readonly<Record<string, EnvironmentVariable>> = {
  ALGO_SERVER_HOST: { path: ['server', 'host'], kind: 'text' },
  ALGO_SERVER_PORT: { path: ['server', 'port'], kind: 'number' },
  ALGO_AUTH_TOKEN: { path: ['server', 'authToken'], kind: 'text' },
  ALGO_ALLOW_ANONYMOUS: { path: ['server', 'allowAnonymous'], kind: 'boolean' },
  ALGO_ALLOWED_ORIGINS: { path: ['server', 'allowedOrigins'], kind: 'list' },
  ALGO_FRAME_INTERVAL: { path: ['analysis', 'intervalMs'], kind: 'seconds' },
  ALGO_MODEL_CONFIG_PATH: { path: ['detector', 'manifestPath'], kind: 'text' },
  ALGO_ALLOWED_CLASSES: { path: ['detection', 'classes'], kind: 'list' },
  ALGO_LOG_LEVEL: { path: ['log', 'level'], kind: 'text' },
  ALGO_ENABLE_KAFKA_STREAMING: { path: ['kafka', 'enabled'], kind: 'boolean' },
  ALGO_KAFKA_BOOTSTRAP_SERVERS: { path: ['kafka', 'bootstrapServers'], kind: 'list' },
  ALGO_KAFKA_USERNAME: { path: ['kafka', 'security', 'username'], kind: 'text' },
  ALGO_KAFKA_PASSWORD: { path: ['kafka', 'security', 'password'], kind: 'text' },
  ALGO_UPLINK_USERNAME: { path: ['uplink', 'security', 'username'], kind: 'text' },
  ALGO_UPLINK_PASSWORD: { path: ['uplink', 'security', 'password'], kind: 'text' },
  ALGO_ROLES: { path: ['kafka', 'roles'], kind: 'list' },
  ALGO_REDIS_URL: { path: ['redis', 'url'], kind: 'text' },
  ALGO_ALERT_PAUSE_SECONDS: { path: ['alerts', 'pauseMs'], kind: 'seconds' },
  ALGO_BACKEND_BASE_URL: { path: ['backend', 'baseUrl'], kind: 'text' },
  DASHSCOPE_API_KEY: { path: ['llm', 'apiKey'], kind: 'text' },
};

/** Variables that begin so are ours: one that is not known is a mistake. */
const ownPrefix = 'ALGO_';

/** One setting from outside the file. */
export interface Assignment {
  readonly path: ConfigPath;
  readonly value: unknown;
  /** What was typed, for the error. */
  readonly typed: string;
  /** `environment`, `.env:3`, `command line` */
  readonly place: string;
  /** `ALGO_SERVER_PORT`, `--port` */
  readonly name: string;
  /** The unit that was typed, in units of the setting: 1000 for seconds of a setting in milliseconds. */
  readonly scale: number;
}

export interface Assignments {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly ConfigProblem[];
}

/** The settings of a file of variables, if it is there; `place` is what errors call it. */
export function readEnvFile(path: string, place: string): Assignments {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { assignments: [], problems: [] };
    return {
      assignments: [],
      problems: [{ place, key: '', message: `cannot be read: ${errorMessage(error)}` }],
    };
  }
  const lines = source.split('\n');
  return readVariables(parseEnv(source), (name) => {
    const line = lines.findLastIndex((text) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(text));
    return line < 0 ? place : `${place}:${line + 1}`;
  });
}

/** The settings among environment variables; an empty one counts as not set. */
export function readEnvironment(env: NodeJS.ProcessEnv): Assignments {
  return readVariables(env, () => 'environment');
}

function readVariables(env: NodeJS.ProcessEnv, placeOf: (name: string) => string): Assignments {
  const assignments: Assignment[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || text.trim() === '') continue;
    const variable = Object.hasOwn(environmentVariables, name) ? environmentVariables[name] : undefined;
    if (variable !== undefined) {
      assignments.push({
        path: variable.path,
        value: parseVariable(text.trim(), variable.kind),
        typed: text.trim(),
        place: placeOf(name),
        name,
        scale: variable.kind === 'seconds' ? 1000 : 1,
      });
    } else if (name.startsWith(ownPrefix)) {
      problems.push({ place: placeOf(name), key: name, message: unknownVariable(name) });
    }
  }
  return { assignments, problems };
}

function unknownVariable(name: string): string {
  const nearest = nearestName(name, Object.keys(environmentVariables));
  return nearest === undefined ? 'no such variable' : `no such variable; did you mean ${nearest}?`;
}

function parseVariable(text: string, kind: VariableKind): unknown {
  switch (kind) {
    case 'number':
      return parseNumber(text) ?? text;
    case 'seconds': {
      const seconds = parseNumber(text);
      return seconds === undefined ? text : Math.round(seconds * 1000);
    }
    case 'boolean':
      return parseBoolean(text) ?? text;
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'text':
      return text;
  }
}

/** Decimal notation only: not 0x10, not Infinity. */
function parseNumber(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}
