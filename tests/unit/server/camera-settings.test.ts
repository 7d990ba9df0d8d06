/** Cameras added, edited, ordered, tested and removed over HTTP. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RoadwatchError } from '../../../src/errors.ts';
import type { ProbeOptions, ProbeResult } from '../../../src/native.ts';
import { detection } from '../../support/fake-engine.ts';
import { TestServer } from '../../support/test-server.ts';

const gate = { id: 'gate', url: 'rtsp://user:secret@camera.example/gate' };
const stream: ProbeResult = {
  codec: 'hevc',
  imageWidth: 1280,
  imageHeight: 720,
  keyframe: true,
  connectMs: 3,
  firstPacketMs: 12,
  watchedMs: 4000,
  gopMs: 2000,
  snapshotJpeg: Buffer.from('jpeg'),
};

let server: TestServer;
let probed: ProbeOptions[];
let probe: () => Promise<ProbeResult>;

async function start(config: NonNullable<Parameters<typeof TestServer.start>[0]>['config'] = {}): Promise<void> {
  probed = [];
  probe = async () => stream;
  server = await TestServer.start({
    config,
    probe: (options) => {
      probed.push(options);
      return probe();
    },
  });
}

beforeEach(() => start());
afterEach(() => server.close());

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`${server.url}${path}`, init);
  const answer = (await response.json()) as { msg: string; data: Record<string, unknown> };
  return { status: response.status, ...answer };
}

async function listed(): Promise<Record<string, unknown>[]> {
  return (await ask('GET', '/api/camera-settings')).data.cameras as Record<string, unknown>[];
}

describe('a camera', () => {
  test('that is added runs, is listed without its password, and is on disk with it', async () => {
    const added = await ask('POST', '/api/cameras', { ...gate, name: 'Gate' });
    expect(added.status).toBe(200);
    expect(added.data.camera).toEqual({
      id: 'gate',
      url: 'rtsp://***@camera.example/gate',
      name: 'Gate',
      enabled: true,
      zones: [],
      origin: 'store',
    });
    expect(server.engine.cameras.get('gate')?.url).toBe(gate.url);
    expect(await listed()).toEqual([added.data.camera]);
    expect(readFileSync(server.camerasFile, 'utf8')).toContain('user:secret');
    const running = await ask('GET', '/api/cameras');
    expect(running.data.cameras).toMatchObject([{ cameraId: 'gate', name: 'Gate', configured: true, position: 0 }]);
  });

  test('that is edited in zones is tuned, and keeps its password', async () => {
    await ask('POST', '/api/cameras', gate);
    const zones = [
      {
        name: 'Road',
        kind: 'include',
        points: [
          [0, 0.5],
          [1, 0.5],
          [1, 1],
        ],
      },
    ];
    const edited = await ask('PATCH', '/api/cameras/gate', { url: 'rtsp://***@camera.example/gate', zones });
    expect(edited.status).toBe(200);
    expect(server.engine.calls).toEqual(['add gate', 'tune gate']);
    expect(server.engine.cameras.get('gate')).toMatchObject({ url: gate.url, zones: [{ kind: 'include' }] });
  });

  test('that is switched off or removed stops; one whose id is hard to write, too', async () => {
    await ask('POST', '/api/cameras', gate);
    await ask('POST', '/api/cameras', { ...gate, id: '路口:1' });
    expect((await ask('PATCH', '/api/cameras/gate', { enabled: false })).status).toBe(200);
    expect((await ask('DELETE', `/api/cameras/${encodeURIComponent('路口:1')}`)).status).toBe(200);
    expect(server.engine.calls.slice(2)).toEqual(['remove gate', 'remove 路口:1']);
    expect((await listed()).map(({ id }) => id)).toEqual(['gate']);
  });

  test('that does not fit is refused with each setting that is wrong, and without secrets', async () => {
    const refused = await ask('POST', '/api/cameras', {
      ...gate,
      url: 'ftp://user:secret@camera.example',
      intervalMs: 1,
    });
    expect(refused.status).toBe(400);
    expect(refused.data).toEqual({
      error: 'bad-camera',
      problems: [{ field: 'intervalMs', message: 'expected a whole number from 40 to 3600000 ms, received 1' }],
    });
    const address = await ask('POST', '/api/cameras', { ...gate, url: 'ftp://user:secret@camera.example' });
    expect(JSON.stringify(address)).not.toContain('secret');
    expect(address.data.problems).toMatchObject([{ field: 'url' }]);
  });

  test.each([
    ['POST', '/api/cameras', gate, 409, 'camera-exists'],
    ['PATCH', '/api/cameras/nowhere', { name: 'x' }, 404, 'unknown-camera'],
    ['DELETE', '/api/cameras/nowhere', undefined, 404, 'unknown-camera'],
    ['PUT', '/api/camera-order', { cameraIds: ['nowhere'] }, 400, 'bad-order'],
    ['PUT', '/api/camera-order', ['gate'], 400, 'bad-body'],
    ['POST', '/api/camera-test', { cameraId: 'nowhere' }, 404, 'unknown-camera'],
    ['POST', '/api/camera-test', {}, 400, 'bad-camera'],
    ['GET', '/api/cameras/nowhere/snapshot', undefined, 404, 'unknown-camera'],
  ])('%s %s %j is %i %s', async (method, path, body, status, error) => {
    await ask('POST', '/api/cameras', gate);
    const refused = await ask(method, path, body);
    expect([refused.status, refused.data.error]).toEqual([status, error]);
  });

  test('is not added by a page of another site, nor by a body that is too large or no JSON', async () => {
    expect((await ask('POST', '/api/cameras', gate, { origin: 'http://evil.example' })).status).toBe(403);
    const large = await ask('POST', '/api/cameras', { ...gate, name: 'x'.repeat(70_000) });
    expect([large.status, large.data.error]).toEqual([413, 'body-too-large']);
    const response = await fetch(`${server.url}/api/cameras`, { method: 'POST', body: '{' });
    expect(response.status).toBe(400);
    expect(await listed()).toEqual([]);
  });

  test('that the engine refuses is kept, and told with the reason', async () => {
    server.engine.refusals.set(gate.url, new RoadwatchError('no-thread', 'no thread for it'));
    await ask('POST', '/api/cameras', gate);
    expect(await listed()).toMatchObject([{ id: 'gate', problem: { code: 'no-thread', message: 'no thread for it' } }]);
  });

  test('of the configuration file is listed, and changed there alone', async () => {
    await server.close();
    await start({ cameras: [gate] });
    expect(await listed()).toMatchObject([{ id: 'gate', origin: 'file', url: 'rtsp://***@camera.example/gate' }]);
    const refused = await ask('PATCH', '/api/cameras/gate', { name: 'x' });
    expect([refused.status, refused.data.error]).toEqual([409, 'from-file']);
  });
});

test('cameras are listed in the order that was set', async () => {
  for (const id of ['a', 'b', 'c']) await ask('POST', '/api/cameras', { ...gate, id });
  expect((await ask('PUT', '/api/camera-order', { cameraIds: ['c', 'a', 'b'] })).status).toBe(200);
  expect((await listed()).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
});

describe('a test', () => {
  test('of an address tells what is sent, what to do about it, and shows a picture', async () => {
    const { data } = await ask('POST', '/api/camera-test', { url: gate.url, intervalMs: 1000, transport: 'udp' });
    expect(probed).toMatchObject([{ url: gate.url, transport: 'udp', measureMs: 10_000, snapshotQuality: 80 }]);
    expect(data).toMatchObject({
      reachable: true,
      stream: { codec: 'hevc', gopMs: 2000 },
      advice: [{ code: 'keyframes-rare' }, { code: 'no-live-video' }],
      snapshot: `data:image/jpeg;base64,${Buffer.from('jpeg').toString('base64')}`,
    });
    expect(await listed()).toEqual([]);
  });

  test('of a kept camera uses its password, also for another path on it', async () => {
    await ask('POST', '/api/cameras', gate);
    await ask('POST', '/api/camera-test', { cameraId: 'gate' });
    await ask('POST', '/api/camera-test', { cameraId: 'gate', url: 'rtsp://***@camera.example/2' });
    expect(probed.map(({ url }) => url)).toEqual([gate.url, 'rtsp://user:secret@camera.example/2']);
    const elsewhere = await ask('POST', '/api/camera-test', { cameraId: 'gate', url: 'rtsp://***@thief.example/' });
    expect(elsewhere.status).toBe(400);
    expect(probed).toHaveLength(2);
  });

  test('of a camera that does not work is an answer, too', async () => {
    probe = () => Promise.reject(new RoadwatchError('unauthorized', 'the camera wants another password'));
    expect((await ask('POST', '/api/camera-test', { url: gate.url })).data).toEqual({
      reachable: false,
      fault: { code: 'unauthorized', message: 'the camera wants another password' },
      advice: [],
    });
  });
});

describe('a snapshot', () => {
  /** Asked for, and the server knows. */
  async function request(): Promise<{ readonly answer: Promise<Response> }> {
    const answer = fetch(`${server.url}/api/cameras/gate/snapshot`);
    await expect.poll(() => server.engine.demands.get('gate')?.raw).toBe(true);
    return { answer };
  }

  test('is the next picture of a camera that runs; afterwards none is made any more', async () => {
    await ask('POST', '/api/cameras', gate);
    const { answer } = await request();
    server.detect(detection('gate'));
    server.detect(detection('gate', { rawJpeg: Buffer.from('a picture') }));
    expect((await answer).headers.get('content-type')).toBe('image/jpeg');
    expect(await (await answer).text()).toBe('a picture');
    expect(server.engine.demands.get('gate')?.raw).toBe(false);
    expect(server.registry.list()[0]?.viewers).toBe(0);
  });

  test('that does not come in time is told', async () => {
    await ask('POST', '/api/cameras', gate);
    const { answer } = await request();
    server.clock.advance(15_000);
    expect((await answer).status).toBe(504);
    expect(server.engine.demands.get('gate')?.raw).toBe(false);
  });

  test('of a camera that goes meanwhile is told', async () => {
    await ask('POST', '/api/cameras', gate);
    const { answer } = await request();
    await ask('DELETE', '/api/cameras/gate');
    expect((await answer).status).toBe(504);
  });
});
