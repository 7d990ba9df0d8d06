import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../../../src/assess/keys/key-file.ts';
import type { KeySet } from '../../../../src/assess/keys/key-set.ts';
import { endpoint } from '../../../support/model-pool.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(yaml: string, env: NodeJS.ProcessEnv = {}): KeySet {
  writeFileSync(join(folder, 'api_keys.yaml'), yaml);
  return readKeyFile('api_keys.yaml', { cwd: folder, env, defaultEndpoint: endpoint });
}

function problemsOf(yaml: string, env: NodeJS.ProcessEnv = {}): string[] {
  try {
    read(yaml, env);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('a key file', () => {
  it('may be a list of keys alone, each its own group with the usual limits', () => {
    const { endpoints, groups, keys } = read(`
- id: key-1
  api_key: sk-first-key
- id: key-2
  api_key: sk-second-key
  priority: 3
  qps_limit: 5
  rpm_limit: 120
`);
    expect(endpoints).toEqual([endpoint]);
    expect(keys.map(({ id, group, endpoint: at, priority, limits }) => ({ id, group, at, priority, limits }))).toEqual([
      { id: 'key-1', group: 'key-1', at: 'e1', priority: 0, limits: { requestsPerSecond: 10, requestsPerMinute: 600 } },
      { id: 'key-2', group: 'key-2', at: 'e1', priority: 3, limits: { requestsPerSecond: 5, requestsPerMinute: 120 } },
    ]);
    expect(keys[0]?.secret.reveal()).toBe('sk-first-key');
    expect(groups[1]).toEqual({ id: 'key-2', limits: { requestsPerSecond: 5, requestsPerMinute: 120 } });
  });

  it('may name endpoints, quota groups, strategy and cooling', () => {
    const set = read(`
selection_strategy: weighted
cooling: { min_cooldown: 5, max_cooldown: 60 }
endpoints:
  - { id: cloud, base_url: "https://api.example/v1", model: qwen-vl-max }
  - { id: own, base_url: "http://127.0.0.1:8000/v1", model: local, structured_output: json_schema }
quota_groups:
  - { id: account, qps_limit: 20, rpm_limit: 1200, tpm_limit: 1000000 }
api_keys:
  - { id: a, api_key: sk-aaaa, quota_group: account }
  - { id: b, api_key: sk-bbbb, quota_group: account }
  - { id: c, api_key: sk-cccc, endpoint: own, qps_limit: 50, rpm_limit: 3000 }
`);
    expect(set.strategy).toBe('weighted');
    expect(set.cooling).toEqual({ minMs: 5000, maxMs: 60_000 });
    expect(set.endpoints.map(({ id, structuredOutput }) => `${id} ${structuredOutput}`)).toEqual([
      'cloud json_object',
      'own json_schema',
    ]);
    expect(set.groups).toEqual([
      { id: 'account', limits: { requestsPerSecond: 20, requestsPerMinute: 1200, tokensPerMinute: 1_000_000 } },
      { id: 'c', limits: { requestsPerSecond: 50, requestsPerMinute: 3000 } },
    ]);
    expect(set.keys.map(({ endpoint: at }) => at)).toEqual(['cloud', 'cloud', 'own']);
  });

  it('counts a group apart for each endpoint, as providers count models apart', () => {
    const { groups, keys } = read(`
endpoints:
  - { id: plus, base_url: "https://api.example/v1", model: plus }
  - { id: max, base_url: "https://api.example/v1", model: max }
api_keys:
  - { id: a, api_key: sk-aaaa, quota_group: account, endpoint: plus }
  - { id: b, api_key: sk-bbbb, quota_group: account, endpoint: max }
`);
    expect(groups.map(({ id }) => id)).toEqual(['account/plus', 'account/max']);
    expect(keys.map(({ group }) => group)).toEqual(['account/plus', 'account/max']);
  });

  it('may say where a key is instead of what it is', () => {
    writeFileSync(join(folder, 'secret'), 'sk-from-a-file\n');
    const { keys } = read('- { id: a, api_key: "env:FIRST" }\n- { id: b, api_key: "file:secret" }\n', {
      FIRST: 'sk-from-env',
    });
    expect(keys.map(({ secret }) => secret.reveal())).toEqual(['sk-from-env', 'sk-from-a-file']);
  });

  it('never shows a key, however it is written down', () => {
    const set = read('- { id: a, api_key: sk-very-secret }\n');
    for (const text of [JSON.stringify(set), inspect(set, { depth: 9 }), `${set.keys[0]?.secret}`]) {
      expect(text).not.toContain('very-secret');
    }
  });
});

describe('a key file that cannot be used', () => {
  it('is told with line, name and what was expected, all at once, without its keys', () => {
    const problems = problemsOf(`selection_strategy: fastest
api_keys:
  - id: a
    api_key: "sk secret with spaces"
    qps_limit: -1
  - id: "no spaces"
    api_key: sk-good-key
    qps_limits: 3
`);
    expect(problems).toEqual([
      'api_keys.yaml:1 selection_strategy: expected one of least_loaded, round_robin, weighted, received "fastest"',
      'api_keys.yaml:4 api_keys[0].api_key: expected a key (4 to 512 printable characters), env:NAME or file:PATH, received a value that is not shown',
      'api_keys.yaml:5 api_keys[0].qps_limit: expected a number from 0.01 to 10000, received -1',
      'api_keys.yaml:6 api_keys[1].id: expected up to 64 letters, digits, "_", ".", ":", "@" and "-", received "no spaces"',
      'api_keys.yaml:8 api_keys[1].qps_limits: no such setting; did you mean qps_limit?',
    ]);
  });

  it('is told in a plain list with the line, too', () => {
    expect(problemsOf('- id: a\n')).toEqual([
      'api_keys.yaml:1 api_keys[0].api_key: expected a key (4 to 512 printable characters), env:NAME or file:PATH, received nothing',
    ]);
  });

  it.each([
    [
      'a repeated id',
      '- { id: a, api_key: sk-1111 }\n- { id: a, api_key: sk-2222 }\n',
      'api_keys.yaml:2 api_keys[1].id',
    ],
    ['an unknown endpoint', '- { id: a, api_key: sk-1111, endpoint: x }\n', 'api_keys[0].endpoint: expected none'],
    ['an empty variable', '- { id: a, api_key: "env:EMPTY" }\n', 'expected the environment variable EMPTY'],
    ['a missing file', '- { id: a, api_key: "file:nowhere" }\n', 'expected a file with the key'],
    ['broken YAML', '- { id: a, api_key: "sk-1111 }\n', 'api_keys.yaml:'],
    [
      'reversed cooling',
      'cooling: {min_cooldown: 9, max_cooldown: 3}\napi_keys: []\n',
      'at least min_cooldown, which is 9',
    ],
  ])('is told: %s', (_name, yaml, expected) => {
    expect(problemsOf(yaml, { EMPTY: '' }).join('\n')).toContain(expected);
  });
});
