import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/config/schema.ts';
import { secretsOf, withoutThese } from '../../../src/doctor/secrets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function configOf(settings: object): Config {
  return loadConfig({ env: {}, cwd: folder, embedded: settings });
}

describe('the secrets of an installation', () => {
  it('are those of settings, of addresses, of the file of keys and of variables', async () => {
    const keysFile = join(folder, 'keys.yaml');
    writeFileSync(
      keysFile,
      'api_keys:\n  - { id: first, api_key: key-in-the-file }\n  - { id: second, api_key: "env:SECOND_KEY" }\n',
    );
    const envFile = join(folder, 'roadwatch.env');
    writeFileSync(envFile, 'SECOND_KEY=key-by-variable\nALGO_SERVER_PORT=5000\n');
    const config = configOf({
      server: { authToken: 'token-of-the-server-0' },
      cameras: [
        { id: 1, url: 'rtsp://user:p%40ss-word@192.0.2.1/' },
        { id: 2, url: 'rtsp://192.0.2.2/?user=x&password=in-the-query' },
      ],
      kafka: { security: { protocol: 'sasl_ssl', username: 'box', password: 'kafka-password' } },
      redis: { url: 'redis://:redis-password@127.0.0.1:6379' },
      llm: { keysFile },
    });
    const secrets = await secretsOf(
      config,
      { ALGO_UPLINK_PASSWORD: 'uplink-password', HOME: '/root', USER_TOKEN: 'not-ours' },
      envFile,
    );
    expect(secrets.sort()).toEqual(
      [
        'in-the-query',
        'kafka-password',
        'key-by-variable',
        'key-in-the-file',
        'p%40ss-word',
        'p@ss-word',
        'redis-password',
        'redis://:redis-password@127.0.0.1:6379',
        'token-of-the-server-0',
        'uplink-password',
      ].sort(),
    );
  });

  it('are those of a configuration that is refused, too', async () => {
    const keysFile = join(folder, 'keys.yaml');
    writeFileSync(keysFile, 'api_keys:\n  - { id: first, api_key: key-in-the-file }\n');
    const refused = join(folder, 'refused.yaml');
    writeFileSync(
      refused,
      `server: { authTokn: token-of-nobody }\ncameras: [{ url: "rtsp://user:pass-word@192.0.2.1/" }]\nllm: { keysFile: ${keysFile} }\n`,
    );
    expect((await secretsOf(undefined, {}, undefined, refused)).sort()).toEqual([
      'key-in-the-file',
      'pass-word',
      'token-of-nobody',
    ]);
  });

  it('are found where there is no configuration, too', async () => {
    expect(await secretsOf(undefined, { ALGO_AUTH_TOKEN: 'token-of-the-server' })).toEqual(['token-of-the-server']);
  });
});

describe('a text without them', () => {
  it('has them taken out as they are, as JSON and as a part of a URL', () => {
    const clean = withoutThese(['p@ss "word"', 'p@ss']);
    const text = `plain p@ss "word", json ${JSON.stringify({ a: 'p@ss "word"' })}, url http://host/?x=${encodeURIComponent('p@ss "word"')}, rtsp://a:b@host/`;
    expect(clean(text)).toBe('plain ***, json {"a":"***"}, url http://host/?x=***, rtsp://***@host/');
  });
});
