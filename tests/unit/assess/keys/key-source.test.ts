import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeySet } from '../../../../src/assess/keys/key-set.ts';
import { KeySource } from '../../../../src/assess/keys/key-source.ts';
import { Secret } from '../../../../src/assess/keys/secret.ts';
import type { ConfigError } from '../../../../src/config/config-error.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { endpoint } from '../../../support/model-pool.ts';

let folder: string;
let sources: KeySource[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-keys-'));
  sources = [];
});
afterEach(() => {
  for (const source of sources) source.close();
  rmSync(folder, { recursive: true });
});

const write = (yaml: string) => writeFileSync(join(folder, 'api_keys.yaml'), yaml);
const idsOf = ({ keys }: KeySet) => keys.map(({ id }) => id);

async function open(more: Partial<Parameters<typeof KeySource.open>[0]> = {}) {
  const clock = new ManualClock();
  const waiting: ((news: KeySet | ConfigError) => void)[] = [];
  const tell = (news: KeySet | ConfigError) => waiting.shift()?.(news);
  const source = await KeySource.open({
    file: 'api_keys.yaml',
    cwd: folder,
    env: {},
    defaultEndpoint: endpoint,
    onChange: tell,
    onProblem: tell,
    clock,
    ...more,
  });
  sources.push(source);
  /** What it tells after its next look. */
  const news = async () => {
    while (clock.untilNextMs() === undefined) await Promise.resolve();
    const told = new Promise<KeySet | ConfigError>((resolve) => waiting.push(resolve));
    clock.advance(2000);
    return told;
  };
  return { source, news };
}

describe('keys', () => {
  it('come from the file, and change with it while the program runs', async () => {
    write('- { id: a, api_key: sk-aaaa }\n');
    const { source, news } = await open();
    expect(idsOf(source.keys)).toEqual(['a']);
    // As editors do: another file takes its place.
    writeFileSync(join(folder, 'new'), '- { id: b, api_key: sk-bbbb }\n- { id: c, api_key: sk-cccc }\n');
    renameSync(join(folder, 'new'), join(folder, 'api_keys.yaml'));
    expect(idsOf((await news()) as KeySet)).toEqual(['b', 'c']);
    expect(idsOf(source.keys)).toEqual(['b', 'c']);
  });

  it('stay as they were when the file becomes bad or goes away, and the problem is told', async () => {
    write('- { id: a, api_key: sk-aaaa }\n');
    const { source, news } = await open();
    write('- { id: a, api_key: sk-aaaa, qps_limit: lots }\n');
    expect(((await news()) as ConfigError).message).toBe(
      'api_keys.yaml:1 api_keys[0].qps_limit: expected a number from 0.01 to 10000, received "lots"',
    );
    expect(idsOf(source.keys)).toEqual(['a']);
    rmSync(join(folder, 'api_keys.yaml'));
    expect(((await news()) as ConfigError).message).toContain('its keys stay');
    expect(idsOf(source.keys)).toEqual(['a']);
    write('- { id: d, api_key: sk-dddd }\n');
    expect(idsOf((await news()) as KeySet)).toEqual(['d']);
  });

  it('are a single one while there is no file', async () => {
    const { source, news } = await open({ singleKey: { id: 'dashscope', secret: new Secret('sk-single') } });
    expect(idsOf(source.keys)).toEqual(['dashscope']);
    expect(source.keys.groups).toEqual([
      { id: 'dashscope', limits: { requestsPerSecond: 10, requestsPerMinute: 600 } },
    ]);
    write('- { id: a, api_key: sk-aaaa }\n');
    expect(idsOf((await news()) as KeySet)).toEqual(['a']);
  });

  it('are none without either', async () => {
    const { source } = await open();
    expect(source.keys.keys).toEqual([]);
  });

  it('of a file that is bad from the start are an error', async () => {
    write('api_keys: 3\n');
    await expect(open()).rejects.toThrow('api_keys.yaml:1 api_keys: expected a list of');
  });
});
