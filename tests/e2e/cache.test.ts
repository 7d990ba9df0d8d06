/** The cache in a real Redis: what other programs find there, and that whatever ails it stays with it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { alertNotice } from '../../src/cache/alert-notice.ts';
import type { Cache } from '../../src/cache/cache.ts';
import { openCache } from '../../src/cache/open-cache.ts';
import { realClock } from '../../src/time/clock.ts';
import { alertEvent, assessedDetection } from '../support/assessed.ts';
import { RedisServer } from '../support/redis-server.ts';
import { capturedAtMs } from '../support/risk-messages.ts';
import { runProgramIn } from './support/program.ts';

/** For what has to happen in another process; a guard, nothing is measured by it. */
const patience = { timeout: 20_000, interval: 10 };

let server: RedisServer;
let caches: Cache[];
let said: string[];

beforeEach(() => {
  caches = [];
  said = [];
});
afterEach(async () => {
  await Promise.all(caches.map((cache) => cache.close()));
  server.resume();
  await server.kill();
});

function open(url: string, caFile?: string): Cache {
  const cache = openCache(
    { url, ...(caFile === undefined ? {} : { caFile }) },
    {
      clock: realClock,
      random: () => 0,
      onTrouble: (code, message) => said.push(`${code}: ${message}`),
      onWorking: () => said.push('working'),
    },
  );
  caches.push(cache);
  return cache;
}

async function opened(url = server.url): Promise<Cache> {
  const cache = open(url);
  await stands(cache, 'connected');
  return cache;
}

function stands(cache: Cache, state: string): Promise<void> {
  return expect.poll(() => cache.stats().state.state, patience).toBe(state);
}
function settled(cache: Cache): Promise<void> {
  return expect.poll(() => cache.stats().waiting, patience).toBe(0);
}

/** Another program that reads: with a client of its own. */
async function withReader<Value>(use: (reader: Redis) => Promise<Value>, url = server.url): Promise<Value> {
  const reader = new Redis(url, { lazyConnect: true });
  try {
    await reader.connect();
    return await use(reader);
  } finally {
    reader.disconnect();
  }
}

describe('a joined detection', () => {
  beforeEach(async () => {
    server = await RedisServer.start();
  });

  test("is its camera's latest and stands by its request, each for 300 s", async () => {
    const cache = await opened();
    cache.putDetection(assessedDetection('r1'));
    cache.putDetection(assessedDetection('r2', { atMs: capturedAtMs + 2000 }));
    cache.putDetection(assessedDetection('other', { cameraId: 'gate 8/Süd' }));
    await settled(cache);
    await withReader(async (reader) => {
      expect((await reader.keys('*')).toSorted()).toEqual([
        'camera:7:latest',
        'camera:gate 8/Süd:latest',
        'detection:other',
        'detection:r1',
        'detection:r2',
      ]);
      expect(JSON.parse((await reader.get('detection:r1')) ?? '')).toEqual(assessedDetection('r1'));
      const latest = await reader.get('camera:7:latest');
      expect(JSON.parse(latest ?? '')).toEqual(assessedDetection('r2', { atMs: capturedAtMs + 2000 }));
      for (const key of ['camera:7:latest', 'detection:r1']) {
        const ttlMs = await reader.pttl(key);
        expect(ttlMs).toBeGreaterThan(280_000);
        expect(ttlMs).toBeLessThanOrEqual(300_000);
      }
    });
    expect(await cache.latest('7')).toEqual(assessedDetection('r2', { atMs: capturedAtMs + 2000 }));
    expect(await cache.detection('r1')).toEqual(assessedDetection('r1'));
    expect(await cache.detection('none')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ detections: 3, waiting: 0, dropped: { full: 0, refused: 0 } });
    expect(said).toEqual(['working']);
  });

  test('is published on the channel of its camera, when it can be read', async () => {
    const cache = await opened();
    await withReader((listener) =>
      withReader(async (reader) => {
        const heard: { channel: string; message: string; stood: Promise<string | null> }[] = [];
        listener.on('message', (channel, message) => {
          heard.push({ channel, message, stood: reader.get(`detection:${JSON.parse(message).requestId}`) });
        });
        await listener.subscribe('camera:7');
        for (const id of ['r1', 'r2']) cache.putDetection(assessedDetection(id));
        cache.putDetection(assessedDetection('elsewhere', { cameraId: '8' }));
        await expect.poll(() => heard.length, patience).toBe(2);
        expect(heard.map(({ channel, message }) => [channel, JSON.parse(message)])).toEqual([
          ['camera:7', assessedDetection('r1')],
          ['camera:7', assessedDetection('r2')],
        ]);
        expect(await Promise.all(heard.map(({ stood }) => stood))).toEqual(heard.map(({ message }) => message));
      }),
    );
  });

  test('of an earlier capture does not take the place of a later one', async () => {
    const cache = await opened();
    cache.putDetection(assessedDetection('later', { atMs: capturedAtMs + 1 }));
    cache.putDetection(assessedDetection('earlier'));
    await settled(cache);
    expect((await cache.latest('7'))?.requestId).toBe('later');
    expect((await cache.detection('earlier'))?.requestId).toBe('earlier');
  });
});

describe("a camera's alerts", () => {
  beforeEach(async () => {
    server = await RedisServer.start();
  });

  test('are the newest 100, newest first', async () => {
    const cache = await opened();
    for (let index = 1; index <= 130; index += 1) cache.noteAlert(alertEvent(`a${index}`));
    cache.noteAlert(alertEvent('a130', { change: 'continued' }));
    cache.noteAlert(alertEvent('a130', { change: 'worsened' }));
    await settled(cache);
    await withReader(async (reader) => {
      const list = (await reader.lrange('alerts:7', 0, -1)).map((text) => JSON.parse(text));
      expect(list).toHaveLength(100);
      expect(list[0]).toEqual(alertNotice(alertEvent('a130', { change: 'worsened' })));
      expect([list[1].id, list[99].id]).toEqual(['a130', 'a32']);
      expect(await reader.ttl('alerts:7')).toBe(-1);
    });
    expect((await cache.alerts('7')).map(({ id }) => id).slice(0, 3)).toEqual(['a130', 'a130', 'a129']);
    expect(cache.stats().alerts).toBe(131);
  });

  test('what another program has put there is left out and counted', async () => {
    const cache = await opened();
    cache.noteAlert(alertEvent('a'));
    await settled(cache);
    await withReader((reader) => reader.lpush('alerts:7', 'not JSON', '{"id":"b"}'));
    expect((await cache.alerts('7')).map(({ id }) => id)).toEqual(['a']);
    await withReader((reader) => reader.set('camera:7:latest', '{}'));
    expect(await cache.latest('7')).toBeUndefined();
    expect(cache.stats().errors).toEqual(new Map([['redis-bad-value', 3]]));
    expect(said).toEqual(['working', 'redis-bad-value: alerts:7 in Redis is not what was expected there']);
  });
});

describe('a server that', () => {
  test('is killed and comes back gets what came meanwhile; the failure is told once', async () => {
    server = await RedisServer.start();
    const cache = await opened();
    cache.putDetection(assessedDetection('before'));
    await settled(cache);
    await server.kill();
    await stands(cache, 'retrying');
    for (const id of ['during1', 'during2']) cache.putDetection(assessedDetection(id));
    cache.noteAlert(alertEvent('during'));
    expect(await cache.latest('7')).toBeUndefined();
    await expect.poll(() => attemptOf(cache), patience).toBeGreaterThanOrEqual(2);
    const { state } = cache.stats();
    expect(state).toMatchObject({ code: 'redis-unreachable' });
    expect(cache.stats()).toMatchObject({ detections: 1, waiting: 3 });
    await server.startAgain();
    await settled(cache);
    await withReader(async (reader) => {
      expect((await reader.keys('*')).toSorted()).toEqual([
        'alerts:7',
        'camera:7:latest',
        'detection:during1',
        'detection:during2',
      ]);
    });
    expect(cache.stats().state.state).toBe('connected');
    expect(said).toEqual([
      'working',
      `redis-lost: Redis at redis://127.0.0.1:${server.port} has closed the connection`,
      `redis-unreachable: Redis at redis://127.0.0.1:${server.port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${server.port}`,
      'working',
    ]);
  });

  test('is killed and comes back: who waits for a detection does so until it can be read there', async () => {
    server = await RedisServer.start();
    const cache = await opened();
    const isThere = (id: string) => withReader(async (reader) => (await reader.exists(`detection:${id}`)) === 1);
    await cache.putDetection(assessedDetection('before'));
    expect(await isThere('before')).toBe(true);
    await server.kill();
    let isDone = false;
    const put = cache.putDetection(assessedDetection('during')).then(() => {
      isDone = true;
    });
    await expect.poll(() => attemptOf(cache), patience).toBeGreaterThanOrEqual(2);
    expect(isDone).toBe(false);
    await server.startAgain();
    await put;
    expect(await isThere('during')).toBe(true);
  });

  test('is killed in the middle of a flood loses no alert that was given', async () => {
    server = await RedisServer.start();
    const cache = await opened();
    const ids = Array.from({ length: 90 }, (_, index) => `a${index}`);
    for (const [index, id] of ids.entries()) {
      cache.noteAlert(alertEvent(id, {}, String(index % 3)));
      if (index === 45) await server.kill();
    }
    await server.startAgain();
    await settled(cache);
    // What an earlier life had taken went with it; everything after that is there, and nothing is counted twice.
    expect(cache.stats()).toMatchObject({ alerts: 90, dropped: { full: 0, refused: 0 } });
    const there = await withReader(async (reader) => {
      const lists = await Promise.all(['0', '1', '2'].map((cameraId) => reader.lrange(`alerts:${cameraId}`, 0, -1)));
      return new Set(lists.flat().map((text) => JSON.parse(text).id));
    });
    expect(ids.slice(46).filter((id) => !there.has(id))).toEqual([]);
  });

  test('is not there at the start is found when it is', async () => {
    server = await RedisServer.reserve();
    const cache = open(server.url);
    cache.putDetection(assessedDetection('r1'));
    await stands(cache, 'retrying');
    await server.startAgain();
    await settled(cache);
    expect((await cache.detection('r1'))?.requestId).toBe('r1');
    expect(said.map((words) => words.split(':')[0])).toEqual(['redis-unreachable', 'working']);
  });

  const given = 20_000;
  test('answers nothing counts as gone, slows nobody down, and is taken again when it does', async () => {
    server = await RedisServer.start();
    const cache = await opened();
    server.hold();
    const crowded = assessedDetection('r', { objects: 200 });
    const startedMs = performance.now();
    for (let index = 0; index < given; index += 1) {
      cache.putDetection({ ...crowded, requestId: `r${index}`, cameraId: String(index % 100) });
    }
    const perCallMs = (performance.now() - startedMs) / given;
    cache.noteAlert(alertEvent('kept'));
    await stands(cache, 'retrying');
    // As JSON alone it would take several times as long.
    expect(perCallMs).toBeLessThan(0.05);
    expect(cache.stats()).toMatchObject({ state: { code: 'redis-silent' }, waiting: 1000 });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    server.resume();
    await settled(cache);
    delay.disable();
    // 18 MB of JSON, in pieces: at once it would be a second and more.
    expect(delay.max / 1e6).toBeLessThan(150);
    const { detections, alerts, dropped } = cache.stats();
    expect(alerts).toBe(1);
    expect(detections + dropped.full).toBe(given);
    expect(await cache.latest('99')).toMatchObject({ requestId: 'r19999' });
    expect(said.map((words) => words.split(':')[0])).toEqual(['working', 'redis-silent', 'working']);
  });

  test('takes nothing for want of memory gets what waits when it has some', async () => {
    server = await RedisServer.start();
    const cache = await opened();
    await withReader((reader) => reader.config('SET', 'maxmemory', '1'));
    cache.noteAlert(alertEvent('a'));
    await stands(cache, 'retrying');
    expect(cache.stats()).toMatchObject({ state: { code: 'redis-busy' }, waiting: 1 });
    await withReader((reader) => reader.config('SET', 'maxmemory', '0'));
    await settled(cache);
    expect(await cache.alerts('7')).toHaveLength(1);
    expect(said.map((words) => words.split(':')[0])).toEqual(['working', 'redis-busy', 'working']);
  });

  test('holds something else under a key refuses that write alone', async () => {
    server = await RedisServer.start();
    const cache = await opened();
    await withReader((reader) => reader.set('alerts:7', 'a text'));
    cache.noteAlert(alertEvent('a'));
    cache.noteAlert(alertEvent('b', {}, '8'));
    await settled(cache);
    expect(cache.stats()).toMatchObject({ alerts: 1, dropped: { refused: 1 } });
    expect(await cache.alerts('8')).toHaveLength(1);
    expect(said[1]).toMatch(/^redis-refused: Redis has refused to put in a alert: WRONGTYPE/);
  });

  test('wants a password is used with it; without or with a wrong one, that is told, and nothing of it', async () => {
    server = await RedisServer.start({ password: 'p@ss word' });
    const right = `redis://:${encodeURIComponent('p@ss word')}@127.0.0.1:${server.port}`;
    const cache = await opened(`${right}/3`);
    cache.putDetection(assessedDetection('r1'));
    await settled(cache);
    await withReader(async (reader) => expect(await reader.exists('detection:r1')).toBe(1), `${right}/3`);
    said = [];
    for (const url of [server.url, `redis://:wrong-word@127.0.0.1:${server.port}`]) {
      const refused = open(url);
      await stands(refused, 'retrying');
      expect(refused.stats().state).toMatchObject({ code: 'redis-unauthorized' });
    }
    expect(said).toEqual([
      expect.stringMatching(/^redis-unauthorized: Redis at redis:\/\/127.0.0.1:\d+ does not let us in: .*NOAUTH/),
      expect.stringMatching(/^redis-unauthorized: Redis at redis:\/\/127.0.0.1:\d+ does not let us in: WRONGPASS/),
    ]);
    expect(said.join()).not.toContain('wrong-word');
  });

  test('has no such database is not used with another', async () => {
    server = await RedisServer.start();
    const cache = open(`${server.url}/99`);
    cache.putDetection(assessedDetection('r1'));
    await stands(cache, 'retrying');
    await expect.poll(() => attemptOf(cache), patience).toBeGreaterThanOrEqual(2);
    expect(said).toEqual([expect.stringMatching(/^redis-unauthorized: .*DB index is out of range/)]);
    expect(await withReader((reader) => reader.dbsize())).toBe(0);
  });
});

describe('over TLS', () => {
  let folder: string;
  let certificateFile: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'roadwatch-redis-'));
    certificateFile = join(folder, 'server.crt');
    const keyFile = join(folder, 'server.key');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const files = ['-keyout', keyFile, '-out', certificateFile];
    const command = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files];
    execFileSync('openssl', command, { stdio: 'ignore' });
    server = await RedisServer.start({ tls: { certificateFile, keyFile } });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('a server with a certificate of the given authority is used', async () => {
    const cache = open(`rediss://localhost:${server.port}`, certificateFile);
    await stands(cache, 'connected');
    cache.putDetection(assessedDetection('r1'));
    await settled(cache);
    expect((await cache.detection('r1'))?.requestId).toBe('r1');
  });

  test('one that nobody vouches for, or of another name, is not', async () => {
    for (const [url, ca] of [
      [`rediss://localhost:${server.port}`, undefined],
      [`rediss://127.0.0.1:${server.port}`, certificateFile],
    ] as const) {
      const cache = open(url, ca);
      await stands(cache, 'retrying');
      expect(cache.stats().state).toMatchObject({ code: 'redis-unreachable' });
    }
    expect(said[0]).toContain('self-signed certificate');
    expect(said[1]).toContain("IP: 127.0.0.1 is not in the cert's list");
  });

  test('certificates that cannot be read are an error that names the setting', () => {
    expect(() => open(`rediss://localhost:${server.port}`, join(folder, 'none.pem'))).toThrow(
      /^redis\.caFile: expected a file that can be read: ENOENT/,
    );
  });
});

test('`roadwatch check` says whether Redis lets us in; without it the service would run all the same', async () => {
  server = await RedisServer.start({ password: 'p@ss word' });
  const checked = async (password: string) => {
    const url = `redis://:${password}@127.0.0.1:${server.port}/3`;
    const { code, stdout } = await runProgramIn({ ALGO_REDIS_URL: url, ALGO_SERVER_PORT: '0' }, 'check', '--json');
    const { checks } = JSON.parse(stdout) as { checks: { subject: string }[] };
    return { code, finding: checks.find(({ subject }) => subject === 'cache'), stdout };
  };
  expect(await checked('p%40ss%20word')).toMatchObject({
    code: 0,
    finding: { ok: true, detail: `redis://127.0.0.1:${server.port} lets us in` },
  });
  const refused = await checked('wrong-word');
  expect(refused).toMatchObject({ code: 3, finding: { ok: false, code: 'redis-unauthorized' } });
  expect(refused.stdout).not.toContain('wrong-word');
  await server.kill();
  expect(await checked('p%40ss%20word')).toMatchObject({
    code: 3,
    finding: { code: 'redis-unreachable', advice: 'start Redis, or correct redis.url (ALGO_REDIS_URL)' },
  });
});

test('at the end what waits is written; what comes after it is counted', async () => {
  server = await RedisServer.start();
  const cache = await opened();
  for (let index = 0; index < 50; index += 1) cache.putDetection(assessedDetection(`r${index}`));
  await cache.close();
  await cache.close();
  cache.putDetection(assessedDetection('late'));
  expect(cache.stats()).toMatchObject({
    state: { state: 'closed' },
    detections: 50,
    waiting: 0,
    dropped: { closed: 1 },
  });
  expect(await withReader((reader) => reader.exists('detection:r49', 'detection:late'))).toBe(1);
  expect(await cache.latest('7')).toBeUndefined();
});

function attemptOf(cache: Cache): number {
  const { state } = cache.stats();
  return state.state === 'retrying' ? state.attempt : 0;
}
