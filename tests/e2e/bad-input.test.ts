/** Whatever a client or a camera sends: a clear answer with a code, and the other cameras do not notice. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');

let appliance: Appliance;
let witness: Viewer;
let folder: string;
let silent: Server;
const viewers: Viewer[] = [];

async function connect(): Promise<Viewer> {
  const viewer = await Viewer.connect(appliance.url, 'frames=none&events=state');
  viewers.push(viewer);
  await viewer.waitFor('connection_ack');
  return viewer;
}

function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
}

/** A made-up moving picture of this size and pixel format; larger at first and then cut, for the sake of odd sizes. */
function video(name: string, size: string, pixelFormat: string, codec: string[], frames = 10): string {
  const path = join(folder, name);
  const [width = 0, height = 0] = size.split('x').map(Number);
  const source = `testsrc2=size=${width + 16}x${height + 16}:rate=10`;
  const cut = `format=${pixelFormat},crop=${width}:${height}:0:0:exact=1`;
  ffmpeg('-f', 'lavfi', '-i', `${source},${cut}`, '-frames:v', String(frames), ...codec, path);
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-bad-'));
  silent = createServer(() => undefined).listen(0, '127.0.0.1');
  appliance = await Appliance.start({
    allowFiles: true,
    analysis: { intervalMs: 500 },
    source: { connectTimeoutMs: 1000, readTimeoutMs: 1000 },
    server: { maxMessagesPerSecond: 1000 },
    cameras: [{ id: 'witness', url: walkers }],
  });
  witness = await Viewer.connect(appliance.url, 'frames=none');
  witness.send('start_stream', { cameraId: 'witness', rtspUrl: walkers });
  await witness.waitFor('detection_result');
});
afterEach(async () => {
  for (const viewer of viewers.splice(0)) viewer.close();
  await witness.waitForNext('detection_result');
});
afterAll(async () => {
  await appliance.stop();
  silent.close();
  rmSync(folder, { recursive: true });
});

describe('a message', () => {
  it.each([
    ['that is no JSON', 'hello', 'invalid-message'],
    ['that is no object', '[1, 2]', 'invalid-message'],
    ['that is null', 'null', 'invalid-message'],
    ['without a type', '{"data": {}}', 'invalid-message'],
    ['of an unknown type', '{"type": "reboot"}', 'unknown-type'],
    [
      'with a wrong field type',
      '{"type": "start_stream", "data": {"cameraId": {}, "rtspUrl": "rtsp://a/b"}}',
      'invalid-message',
    ],
    ['without its fields', '{"type": "start_stream", "data": {"cameraId": 1}}', 'invalid-message'],
    ['of 1 MB', JSON.stringify({ type: 'ping', data: { padding: 'x'.repeat(1_000_000) } }), 'message-too-large'],
    ['that stops an unknown camera', '{"type": "stop_stream", "data": {"cameraId": "nobody"}}', 'unknown-camera'],
  ])('%s is answered with a code', async (_what, message, code) => {
    const viewer = await connect();
    viewer.sendRaw(message);
    const { data } = await viewer.waitFor('error');
    expect(data).toMatchObject({ code, message: expect.stringMatching(/\S/) });
    viewer.send('ping');
    await viewer.waitFor('pong');
  });

  it('that is binary is answered with a code', async () => {
    const viewer = await connect();
    viewer.sendRaw(Buffer.from([1, 2, 3]));
    expect((await viewer.waitFor('error')).data.code).toBe('binary-not-supported');
  });

  it('that names the field says what was expected', async () => {
    const viewer = await connect();
    viewer.sendRaw('{"type": "check_camera", "data": {"cameraId": 1, "rtspUrl": 5}}');
    expect((await viewer.waitFor('error')).data.message).toMatch(/rtspUrl/);
  });

  it('that starts a camera twice changes nothing, with another address it is a conflict', async () => {
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 'twice', rtspUrl: walkers });
    await viewer.waitFor('detection_result');
    viewer.send('start_stream', { cameraId: 'twice', rtspUrl: walkers });
    await viewer.waitForNext('detection_result');
    expect(viewer.messages.some((message) => message.type === 'error')).toBe(false);
    viewer.send('start_stream', { cameraId: 'twice', rtspUrl: join(repositoryRoot, 'demo/highway.mp4') });
    expect((await viewer.waitFor('error')).data).toMatchObject({ code: 'camera-conflict', cameraId: 'twice' });
  });
});

describe('an address', () => {
  it.each([
    ['http:', 'http://127.0.0.1/video.mp4', 'scheme-refused'],
    ['file:', 'file:///etc/passwd', 'scheme-refused'],
    ['concat:', 'concat:a.mp4|b.mp4', 'scheme-refused'],
    ['with a space', 'rtsp://127.0.0.1/a camera', 'bad-url'],
    ['with a line break', 'rtsp://127.0.0.1/a\nb', 'bad-url'],
    ['without a host', 'rtsp:///stream', 'bad-url'],
  ])('%s is refused when it is started', async (_what, rtspUrl, code) => {
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 'bad', rtspUrl });
    expect((await viewer.waitFor('error')).data).toMatchObject({ code, cameraId: 'bad' });
    viewer.send('check_camera', { cameraId: 'bad', rtspUrl });
    expect((await viewer.waitFor('camera_status')).data.status).toBe(0);
  });

  it('in unicode is tried as it is, and its fault is told', async () => {
    const viewer = await connect();
    viewer.send('check_camera', { cameraId: 'ü', rtspUrl: 'rtsp://127.0.0.1:9/straße/交通' });
    expect((await viewer.waitFor('camera_status')).data).toMatchObject({ cameraId: 'ü', status: 0 });
  });

  it('of a camera that accepts and says nothing is given up in time', async () => {
    const { port } = silent.address() as { port: number };
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 'silent', rtspUrl: `rtsp://127.0.0.1:${port}/stream` });
    const { data } = await viewer.waitFor('camera_state', (state) => state.cameraId === 'silent' && state.reason);
    expect(data.reason.code).toBe('connect-timeout');
  });

  it('never shows its password', async () => {
    const viewer = await connect();
    viewer.send('check_camera', { cameraId: 's', rtspUrl: 'rtsp://admin:hunter2@127.0.0.1:9/stream' });
    await viewer.waitFor('camera_status');
    viewer.send('start_stream', { cameraId: 's', rtspUrl: 'rtsp://admin:hunter2@127.0.0.1:9/stream' });
    await viewer.waitFor('camera_state', (state) => state.cameraId === 's' && state.reason);
    expect(JSON.stringify(viewer.messages)).not.toContain('hunter2');
    expect(JSON.stringify(appliance.log)).not.toContain('hunter2');
    for (const path of ['/metrics', '/api/cameras', '/api/health/health_check']) {
      expect(await (await fetch(appliance.url + path)).text()).not.toContain('hunter2');
    }
  });
});

describe('a file', () => {
  async function faultOf(path: string): Promise<string> {
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 'file', rtspUrl: path });
    const { data } = await viewer.waitFor('camera_state', (state) => state.cameraId === 'file' && state.reason);
    return data.reason.code;
  }

  async function sizeSeenIn(path: string): Promise<string> {
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 'file', rtspUrl: path });
    const { data } = await viewer.waitFor('detection_result', (result) => result.cameraId === 'file');
    return `${data.imageWidth}x${data.imageHeight}`;
  }

  it('that is missing says so', async () => {
    expect(await faultOf(join(folder, 'none.mp4'))).toBe('not-found');
  });

  it('that is no video says so', async () => {
    const path = join(folder, 'text.mp4');
    writeFileSync(path, 'this is not a video\n'.repeat(100));
    expect(await faultOf(path)).toMatch(/^(invalid-data|no-video)$/);
  });

  it('that is empty says so', async () => {
    const path = join(folder, 'empty.mp4');
    writeFileSync(path, '');
    expect(await faultOf(path)).toMatch(/^(invalid-data|no-video)$/);
  });

  it('that is truncated plays what is there', async () => {
    const path = join(folder, 'truncated.mp4');
    ffmpeg('-i', walkers, '-c', 'copy', '-movflags', '+faststart', path);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length / 2));
    expect(await sizeSeenIn(path)).toBe('768x576');
  });

  it('whose picture size changes in the middle is followed', async () => {
    const parts = [
      video('small.ts', '320x240', 'yuv420p', ['-c:v', 'libx264', '-g', '5'], 20),
      video('large.ts', '640x480', 'yuv420p', ['-c:v', 'libx264', '-g', '5'], 20),
    ];
    const path = join(folder, 'changing.ts');
    writeFileSync(path, Buffer.concat(parts.map((part) => readFileSync(part))));
    const viewer = await connect();
    viewer.send('start_stream', { cameraId: 'changing', rtspUrl: path });
    await viewer.waitFor('detection_result', (data) => data.imageWidth === 320 && data.imageHeight === 240);
    await viewer.waitFor('detection_result', (data) => data.imageWidth === 640 && data.imageHeight === 480);
  });

  it.each([
    ['of odd size', '321x243', 'yuv444p', ['-c:v', 'libx264']],
    ['in 4:2:2', '320x240', 'yuv422p', ['-c:v', 'libx264']],
    ['in 10 bit', '320x240', 'yuv420p10le', ['-c:v', 'libx264']],
    ['in H.265', '320x240', 'yuv420p', ['-c:v', 'libx265', '-x265-params', 'log-level=none']],
    ['in 8K', '7680x4320', 'yuv420p', ['-c:v', 'libx264', '-preset', 'ultrafast']],
  ])('%s is analysed', async (what, size, pixelFormat, codec) => {
    const frames = size === '7680x4320' ? 2 : 10;
    expect(await sizeSeenIn(video(`${what.replaceAll(/\W/g, '')}.mp4`, size, pixelFormat, codec, frames))).toBe(size);
  });

  it('that is a picture of 1x1 is analysed', async () => {
    const path = join(folder, 'one.png');
    ffmpeg('-f', 'lavfi', '-i', 'color=red:size=16x16,format=rgb24,crop=1:1:0:0:exact=1', '-frames:v', '1', path);
    expect(await sizeSeenIn(path)).toBe('1x1');
  });

  it('with a space, unicode and a per cent sign in its name is found', async () => {
    const path = join(folder, 'a street %03d 街道.mp4');
    copyFileSync(walkers, path);
    expect(await sizeSeenIn(path)).toBe('768x576');
  });
});
