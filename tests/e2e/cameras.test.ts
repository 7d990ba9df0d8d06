/** Real cameras over RTSP: eight at once, and everything that happens to cameras in a street. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RtspServer, type RtspServerOptions } from '../support/rtsp-server.ts';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const highway = join(repositoryRoot, 'demo/highway.mp4');
const intervalMs = 1000;
const readTimeoutMs = 1500;
/** The wait after what cannot work as configured, less its jitter of up to a half. */
const hopelessMs = 1000;

let folder: string;
let rtsp: RtspServer;
let appliance: Appliance;
let viewer: Viewer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-cameras-'));
  rtsp = await RtspServer.start({ files: [walkers, highway], count: 8 });
  appliance = await Appliance.start({
    analysis: { intervalMs },
    source: { connectTimeoutMs: 2000, readTimeoutMs, backoff: { firstMs: 200, maxMs: 500, hopelessMs } },
  });
  viewer = await Viewer.connect(appliance.url, 'frames=none&events=state');
});
afterEach(async () => {
  viewer.close();
  await appliance.stop();
  await rtsp.close();
  rmSync(folder, { recursive: true });
});

function start(cameraId: string, url: string): void {
  viewer.send('start_stream', { cameraId, rtspUrl: url });
}
function stateOf(cameraId: string, state: string) {
  return viewer.waitFor('camera_state', (data) => data.cameraId === cameraId && data.state === state);
}
function nextStateOf(cameraId: string, state: string) {
  return viewer.waitForNext('camera_state', (data) => data.cameraId === cameraId && data.state === state);
}
function statesOf(cameraId: string): string[] {
  return viewer.messages
    .filter(({ type, data }) => type === 'camera_state' && data.cameraId === cameraId)
    .map(({ data }) => data.state);
}
function resultsOf(cameraId: string): number {
  return viewer.messages.filter(({ type, data }) => type === 'detection_result' && data.cameraId === cameraId).length;
}
function nextResultOf(cameraId: string) {
  return viewer.waitForNext('detection_result', (data) => data.cameraId === cameraId);
}

describe('eight cameras', () => {
  it('are live, each with its own picture, and see people and cars', async () => {
    for (let camera = 1; camera <= 8; camera += 1) start(`cam${camera}`, rtsp.url(camera));
    for (let camera = 1; camera <= 8; camera += 1) {
      const { data } = await viewer.waitFor('detection_result', (result) => result.cameraId === `cam${camera}`);
      expect([data.imageWidth, data.imageHeight]).toEqual(camera % 2 === 1 ? [768, 576] : [1280, 720]);
    }
    await viewer.waitFor('detection_result', (data) =>
      data.detectedObjects.some((one: { class: string }) => one.class === 'person'),
    );
    await viewer.waitFor('detection_result', (data) =>
      data.detectedObjects.some((one: { class: string }) => one.class === 'car'),
    );
    const listed = (await (await fetch(`${appliance.url}/api/cameras`)).json()) as {
      data: { cameras: { codec: string }[] };
    };
    expect(listed.data.cameras.map((camera) => camera.codec)).toEqual(Array(8).fill('h264'));
  });

  it('do not notice when one of them stalls, is dropped or goes', async () => {
    start('stalls', rtsp.url(1));
    start('drops', rtsp.url(2));
    start('steady', rtsp.url(3));
    await Promise.all([nextResultOf('stalls'), nextResultOf('drops'), nextResultOf('steady')]);
    await rtsp.command('stall', 1);
    await rtsp.command('drop', 2);
    await stateOf('stalls', 'stalled');
    await nextResultOf('drops');
    expect(statesOf('steady')).toEqual(['connecting', 'live']);
    await nextResultOf('steady');
  });
});

describe('a camera', () => {
  it('that stalls is noticed in its read time-out, and comes back when it sends again', async () => {
    start('gate', rtsp.url(1));
    start('steady', rtsp.url(2));
    await Promise.all([nextResultOf('gate'), nextResultOf('steady')]);
    await rtsp.command('stall', 1);
    const before = resultsOf('steady');
    await stateOf('gate', 'stalled');
    // Another camera's results are the clock: one more than fit into the time-out may be on their way.
    expect(resultsOf('steady') - before).toBeLessThanOrEqual(Math.ceil(readTimeoutMs / intervalMs) + 1);
    const { data } = await stateOf('gate', 'reconnecting');
    expect(data.reason.code).toBe('read-timeout');
    await rtsp.command('resume', 1).catch(() => undefined);
    await nextResultOf('gate');
  });

  it('whose connection is dropped is back at once', async () => {
    start('gate', rtsp.url(1));
    await nextResultOf('gate');
    await rtsp.command('drop', 1);
    const { data } = await stateOf('gate', 'reconnecting');
    expect(data.reason.code).toMatch(/^(connection-lost|io-error)$/);
    // It waits for nothing, and the first attempt succeeds.
    expect(data.nextTryMs).toBe(data.sinceMs);
    await nextStateOf('gate', 'live');
    expect(statesOf('gate')).toEqual(['connecting', 'live', 'reconnecting', 'connecting', 'live']);
  });

  it('whose server is started anew comes back by itself', async () => {
    start('gate', rtsp.url(1));
    await nextResultOf('gate');
    const { port } = rtsp;
    await rtsp.close();
    const away = await viewer.waitFor(
      'camera_state',
      (state) => state.cameraId === 'gate' && state.reason?.code === 'unreachable',
    );
    expect(away.data.nextTryMs).toBeGreaterThan(0);
    rtsp = await RtspServer.start({ files: [walkers], count: 1, port });
    await nextResultOf('gate');
  });

  it('that ends its stream is connected again', async () => {
    await rtsp.close();
    const short = join(folder, 'short.mp4');
    execFileSync('ffmpeg', ['-v', 'error', '-i', walkers, '-t', '4', '-c', 'copy', short]);
    rtsp = await RtspServer.start({ files: [short], count: 1 });
    start('gate', rtsp.url(1));
    await nextResultOf('gate');
    const { data } = await stateOf('gate', 'reconnecting');
    expect(data.reason.code).toBe('connection-lost');
    await nextResultOf('gate');
  });

  it.each([
    ['whose path is wrong', (server: RtspServer) => server.url(99), 'not-found'],
    ['without video', (server: RtspServer) => `rtsp://127.0.0.1:${server.port}/audio`, 'no-video'],
  ])('%s says why, and is tried again rarely', async (_what, url, code) => {
    start('wrong', url(rtsp));
    const { data } = await stateOf('wrong', 'failed');
    expect(data.reason.code).toBe(code);
    expect(data.nextTryMs - data.sinceMs).toBeGreaterThanOrEqual(hopelessMs / 2);
    expect(data.nextTryMs - data.sinceMs).toBeLessThanOrEqual(hopelessMs);
    await nextStateOf('wrong', 'failed');
  });

  it('that cannot be reached says why', async () => {
    start('away', 'rtsp://127.0.0.1:9/x');
    expect((await stateOf('away', 'reconnecting')).data.reason.code).toBe('unreachable');
    start('nowhere', 'rtsp://no-such-host.invalid/x');
    // A name that leads nowhere is no camera yet: it is pinned to what it leads to when it is started.
    expect((await viewer.waitFor('error', ({ cameraId }) => cameraId === 'nowhere')).data.code).toBe('unreachable');
  });
});

describe('a password', () => {
  beforeEach(async () => {
    await rtsp.close();
    rtsp = await RtspServer.start({ files: [walkers], count: 1, user: 'operator', password: 's3cret' });
  });

  it('that is right lets in', async () => {
    start('gate', rtsp.url(1, 'operator:s3cret@'));
    await nextResultOf('gate');
  });

  it.each([
    ['that is wrong', 'operator:guess@'],
    ['that is missing', ''],
  ])('%s is told apart from everything else, and not shown', async (_what, login) => {
    start('gate', rtsp.url(1, login));
    const { data } = await stateOf('gate', 'failed');
    expect(data.reason.code).toBe('unauthorized');
    expect(JSON.stringify(viewer.messages)).not.toContain('guess');
    expect(JSON.stringify(appliance.log)).not.toContain('guess');
  });
});

describe('another kind of camera', () => {
  async function serve(options: Omit<RtspServerOptions, 'count'>): Promise<void> {
    await rtsp.close();
    rtsp = await RtspServer.start({ ...options, count: 1 });
  }

  async function listed(cameraId: string): Promise<{ readonly codec: string } | undefined> {
    const answer = await (await fetch(`${appliance.url}/api/cameras`)).json();
    return (answer as { data: { cameras: { cameraId: string; codec: string }[] } }).data.cameras.find(
      (camera) => camera.cameraId === cameraId,
    );
  }

  it('that sends H.265 is analysed', async () => {
    const clip = join(folder, 'walkers-h265.mp4');
    const encode = ['-t', '6', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=10'];
    execFileSync('ffmpeg', ['-v', 'error', '-i', walkers, ...encode, clip]);
    await serve({ files: [clip], codec: 'h265' });
    start('gate', rtsp.url(1));
    const { data } = await nextResultOf('gate');
    expect([data.imageWidth, data.imageHeight]).toEqual([768, 576]);
    expect(data.detectedObjects.some((one: { class: string }) => one.class === 'person')).toBe(true);
    expect((await listed('gate'))?.codec).toBe('hevc');
  });

  it('that speaks rtsps is analysed', async () => {
    const pem = join(folder, 'camera.pem');
    const subject = ['-subj', '/CN=127.0.0.1', '-days', '1', '-newkey', 'rsa:2048', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', pem, '-out', `${pem}.crt`], { stdio: 'ignore' });
    appendFileSync(pem, readFileSync(`${pem}.crt`));
    await serve({ files: [walkers], tlsFile: pem });
    expect(rtsp.url(1)).toMatch(/^rtsps:/);
    start('gate', rtsp.url(1));
    await nextResultOf('gate');
  });

  it('is read over UDP where the configuration says so', async () => {
    await serve({ files: [walkers] });
    const overUdp = await Appliance.start({
      analysis: { intervalMs: 1000 },
      cameras: [{ id: 'udp', url: rtsp.url(1), transport: 'udp' }],
    });
    const looker = await Viewer.connect(overUdp.url, 'frames=none&events=state');
    looker.send('watch', { cameraId: 'udp' });
    await looker.waitFor('detection_result', (data) => data.cameraId === 'udp');
    looker.close();
    await overUdp.stop();
  });
});
