import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
const hide = (name: string) => renameSync(join(folder, name), join(folder, `${name}.hidden`));
const unhide = (name: string) => renameSync(join(folder, `${name}.hidden`), join(folder, name));
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

  it.each([
    {
      what: 'the file was gone',
      harm: () => hide('api_keys.yaml'),
      mend: () => unhide('api_keys.yaml'),
      problem: 'api_keys.yaml: expected the file to be there; its keys stay',
    },
    {
      what: 'the file could not be looked at',
      harm: () => {
        hide('api_keys.yaml');
        symlinkSync('api_keys.yaml', join(folder, 'api_keys.yaml'));
      },
      mend: () => unhide('api_keys.yaml'),
      problem: 'api_keys.yaml: cannot be read: ELOOP',
    },
    {
      what: 'a key that it names could not be read',
      harm: () => {
        hide('secret');
        write('- { id: a, api_key: "file:secret" } # another\n');
      },
      mend: () => unhide('secret'),
      problem: 'api_keys.yaml:1 api_keys[0].api_key: expected a file with the key: ENOENT',
    },
  ])('are well again where $what and is back unchanged; until then the problem is told once', async (fault) => {
    writeFileSync(join(folder, 'secret'), 'sk-aaaa\n');
    write('- { id: a, api_key: "file:secret" }\n');
    const told: string[] = [];
    const { source } = await open({
      onChange: (keys) => told.push(`well: ${idsOf(keys)}`),
      onProblem: ({ message }) => told.push(message),
    });
    await source.reload();
    expect(told).toEqual([]);
    fault.harm();
    await source.reload();
    await source.reload();
    expect(told).toEqual([expect.stringContaining(fault.problem)]);
    expect(idsOf(source.keys)).toEqual(['a']);
    fault.mend();
    await source.reload();
    await source.reload();
    expect(told.slice(1)).toEqual(['well: a']);
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
