/** Cameras that are added to a real service over HTTP, and what becomes of them over its life. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { RtspServer } from '../support/rtsp-server.ts';
import { Appliance, freePort, repositoryRoot } from './support/appliance.ts';
import { runProgramIn } from './support/program.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const highway = join(repositoryRoot, 'demo/highway.mp4');

let rtsp: RtspServer;
let appliance: Appliance;

beforeAll(async () => {
  rtsp = await RtspServer.start({ files: [walkers, highway], count: 2, user: 'admin', password: 'p@ss word' });
});
afterAll(() => rtsp.close());
beforeEach(async () => {
  appliance = await Appliance.start({ analysis: { intervalMs: 700 } }, {}, await freePort());
});
afterEach(async () => {
  await appliance.stop();
});

/** Address of a mount with the right password. */
function address(camera: number, password = 'p%40ss%20word'): string {
  return rtsp.url(camera, `admin:${password}@`);
}

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = (await (await fetch(`${appliance.url}${path}`, init)).json()) as { code: number; data: object };
  return { code: answer.code, ...answer.data };
}

interface Listed {
  readonly cameraId: string;
  readonly state: string;
  readonly analysed: number;
  readonly reconnectsLastHour: number;
}

async function listed(): Promise<Listed[]> {
  return (await ask('GET', '/api/cameras')).cameras as Listed[];
}

interface Seen {
  readonly imageHeight: number;
  readonly detectedObjects: readonly { readonly bbox: readonly [number, number, number, number] }[];
  readonly trafficGroups: readonly { readonly memberIndices: readonly number[] }[];
}

const feetOf = ({ imageHeight, detectedObjects }: Seen) => detectedObjects.map(({ bbox }) => bbox[3] / imageHeight);

it('a camera is tested, kept, looked at through its zones, and there again after a power cut', async () => {
  const refused = await ask('POST', '/api/camera-test', { url: address(1, 'wrong') });
  expect(refused).toMatchObject({ reachable: false, fault: { code: 'unauthorized' } });

  const tested = await ask('POST', '/api/camera-test', { url: address(1), intervalMs: 1000 });
  expect(tested).toMatchObject({
    reachable: true,
    stream: { codec: 'h264', imageWidth: 768, imageHeight: 576, keyframe: true },
    advice: [{ code: 'keyframes-rare' }],
  });
  // The clip has 10 frames/s and a keyframe every 2 s (ffprobe); the server sends it at its own pace.
  const stream = tested.stream as { gopMs: number; framesPerSecond: number };
  expect(Math.abs(stream.gopMs - 2000)).toBeLessThan(200);
  expect(Math.abs(stream.framesPerSecond - 10)).toBeLessThan(1);
  expect(tested.snapshot).toMatch(/^data:image\/jpeg;base64,\/9j\//);
  expect(await listed()).toEqual([]);

  expect(await ask('POST', '/api/cameras', { id: 'street', url: address(1), name: 'Street' })).toMatchObject({
    code: 0,
  });
  const viewer = await Viewer.connect(appliance.url, 'frames=none&events=state');
  await viewer.waitFor('camera_state', ({ cameraId, state }) => cameraId === 'street' && state === 'live');
  viewer.send('watch', { cameraId: 'street' });
  const next = async () => (await viewer.waitForNext('detection_result')).data as Seen;
  const manyNext = async () => [await next(), await next(), await next(), await next()];

  // The same people far and near, until a zone leaves out the upper part of the street.
  const all = (await manyNext()).flatMap(feetOf);
  const middle = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0.5;
  expect(all.some((feet) => feet < middle) && all.some((feet) => feet > middle)).toBe(true);
  const near = [
    [0, middle],
    [1, middle],
    [1, 1],
    [0, 1],
  ];
  await ask('PATCH', '/api/cameras/street', { zones: [{ name: 'Near', kind: 'include', points: near }] });
  await next();
  const within = await manyNext();
  expect(within.flatMap(feetOf).length).toBeGreaterThan(0);
  expect(within.flatMap(feetOf).every((feet) => feet >= middle)).toBe(true);
  for (const { detectedObjects, trafficGroups } of within) {
    const members = trafficGroups.flatMap(({ memberIndices }) => memberIndices);
    expect(members.every((member) => member < detectedObjects.length)).toBe(true);
  }
  await ask('PATCH', '/api/cameras/street', { zones: [{ name: 'Near', kind: 'ignore', points: near }] });
  await next();
  expect((await manyNext()).flatMap(feetOf).every((feet) => feet < middle)).toBe(true);
  // All that on one connection.
  expect((await listed())[0]?.reconnectsLastHour).toBe(0);
  expect(await (await fetch(`${appliance.url}/api/cameras/street/snapshot`)).headers.get('content-type')).toBe(
    'image/jpeg',
  );
  viewer.close();

  await appliance.kill();
  appliance = await appliance.startAgain();
  await expect.poll(async () => (await listed())[0]?.state, { timeout: 10_000 }).toBe('live');
  const [kept] = (await ask('GET', '/api/camera-settings')).cameras as object[];
  expect(kept).toMatchObject({
    id: 'street',
    name: 'Street',
    zones: [{ name: 'Near', kind: 'ignore' }],
    origin: 'store',
  });
  expect(JSON.stringify([kept, appliance.log])).not.toMatch(/p%40ss|p@ss/);
});

it('what roadwatch cameras changes, a service that runs takes over; the others run on', async () => {
  await ask('POST', '/api/cameras', { id: 'street', url: address(1) });
  await expect.poll(async () => (await listed())[0]?.analysed, { timeout: 10_000 }).toBeGreaterThan(0);
  const cameras = (...args: string[]) => runProgramIn({ XDG_STATE_HOME: appliance.folder }, 'cameras', ...args);
  expect((await cameras('add', 'bridge', address(2))).code).toBe(0);
  await expect
    .poll(async () => (await listed()).map(({ cameraId }) => cameraId), { timeout: 10_000 })
    .toEqual(['street', 'bridge']);
  const before = (await listed())[0]?.analysed ?? 0;
  expect((await cameras('remove', 'bridge')).code).toBe(0);
  await expect.poll(async () => (await listed()).length, { timeout: 10_000 }).toBe(1);
  const [street] = await listed();
  expect(street?.analysed).toBeGreaterThanOrEqual(before);
  expect(street?.reconnectsLastHour).toBe(0);
});
