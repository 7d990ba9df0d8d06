/** What viewers say and get, over real connections. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectionState } from '../../../src/native.ts';
import { detection } from '../../support/fake-engine.ts';
import { answered, TestServer } from '../../support/test-server.ts';

const rtspUrl = 'rtsp://camera.example/gate';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server.close());

describe('the id of a camera', () => {
  test('comes back as the number or the string that each viewer wrote', async () => {
    const [asNumber, asText] = [await server.connect('frames=none'), await server.connect('frames=none')];
    asNumber.send('start_stream', { cameraId: 7, rtspUrl });
    await answered(asNumber);
    asText.send('start_stream', { cameraId: '7', rtspUrl });
    await answered(asText);
    expect(server.engine.calls).toEqual(['add 7']);
    server.detect(detection('7'));
    expect((await asNumber.waitFor('detection_result')).data.cameraId).toBe(7);
    expect((await asText.waitFor('detection_result')).data.cameraId).toBe('7');
    asNumber.send('stop_stream', { cameraId: 7 });
    expect((await asNumber.waitFor('stream_stopped')).data).toEqual({ cameraId: 7, reason: 'stopped' });
  });

  test.each([
    ['a picture in its head', 7, 'pictures=binary&frames=none'],
    ['a picture in its head, as text', 'gate', 'pictures=binary&frames=none'],
  ])('%s', async (_, cameraId, query) => {
    const viewer = await server.connectTo(cameraId, query);
    server.detect(detection(String(cameraId), { rawJpeg: Buffer.from('jpeg') }));
    await viewer.waitFor('detection_result');
    const frame = viewer.binary[0] as Buffer;
    const head = JSON.parse(frame.subarray(4, 4 + frame.readUInt32BE(0)).toString());
    expect(head.cameraId).toBe(cameraId);
  });
});

test('the picture comes right before the result that it belongs to', async () => {
  const viewer = await server.connectTo('gate', 'pictures=binary&frames=none');
  const order: string[] = [];
  viewer.socket.on('message', (_, isBinary) => order.push(isBinary ? 'picture' : 'text'));
  server.detect(detection('gate', { rawJpeg: Buffer.from('jpeg 1') }));
  server.detect(detection('gate'));
  await answered(viewer);
  expect(order).toEqual(['picture', 'text', 'text', 'text']);
});

describe('two viewers', () => {
  test('of one feed share one serialisation', async () => {
    const viewers = [await server.connectTo('gate', 'frames=raw'), await server.connectTo('gate', 'frames=raw')];
    const event = detection('gate', { rawJpeg: Buffer.from('jpeg') });
    let read = 0;
    server.detect({
      ...event,
      get objects() {
        read += 1;
        return event.objects;
      },
      groups: [],
    });
    for (const viewer of viewers) await viewer.waitFor('detection_result');
    expect(read).toBe(1);
    expect(viewers[0]?.messages.at(-1)).toEqual(viewers[1]?.messages.at(-1));
  });

  test('of one camera get what each asked for', async () => {
    const [lean, full] = [await server.connectTo('gate', 'frames=none'), await server.connectTo('gate')];
    server.detect(detection('gate', { rawJpeg: Buffer.from('raw'), drawnJpeg: Buffer.from('drawn') }));
    expect((await lean.waitFor('detection_result')).data).toMatchObject({ frame: '', rawFrame: '', groupImages: [] });
    expect((await full.waitFor('detection_result')).data).toMatchObject({
      frame: 'data:image/jpeg;base64,ZHJhd24=',
      rawFrame: 'data:image/jpeg;base64,cmF3',
    });
  });

  test('leave one after the other: the camera goes with the last connection', async () => {
    const [first, second] = [await server.connectTo('gate'), await server.connectTo('gate')];
    first.send('stop_stream', { cameraId: 'gate' });
    await first.waitFor('stream_stopped');
    server.detect(detection('gate'));
    await second.waitFor('detection_result');
    await answered(first);
    expect(first.messages.filter(({ type }) => type === 'detection_result')).toEqual([]);
    expect(server.engine.calls).toEqual(['add gate']);
    const observer = await server.connect('events=state');
    second.socket.terminate();
    await observer.waitFor('camera_state', (data) => data.state === 'removed');
    expect(server.engine.calls).toEqual(['add gate', 'remove gate']);
  });
});

describe('a camera that runs already', () => {
  test('is looked at without its address, and left again', async () => {
    await server.connectTo('gate');
    const guest = await server.connect('frames=none');
    guest.send('watch', { cameraId: 'gate' });
    await answered(guest);
    server.detect(detection('gate'));
    await guest.waitFor('detection_result');
    guest.send('unwatch', { cameraId: 'gate' });
    await answered(guest);
    server.detect(detection('gate'));
    await answered(guest);
    expect(guest.messages.filter(({ type }) => type === 'detection_result')).toHaveLength(1);
    expect(guest.messages.filter(({ type }) => type === 'error')).toEqual([]);
  });

  test.each(['watch', 'unwatch', 'stop_stream'])('%s of one that does not run is refused by name', async (type) => {
    const viewer = await server.connect();
    viewer.send(type, { cameraId: 99 });
    expect((await viewer.waitFor('error')).data).toMatchObject({ code: 'unknown-camera', cameraId: 99 });
  });

  test('is not started with another address', async () => {
    const viewer = await server.connectTo('gate');
    viewer.send('start_stream', { cameraId: 'gate', rtspUrl: 'rtsp://user:secret@elsewhere.example/' });
    const { data } = await viewer.waitFor('error');
    expect(data).toMatchObject({ code: 'camera-conflict', cameraId: 'gate' });
    expect(data.message).not.toContain('secret');
  });
});

describe('the states of cameras', () => {
  const reconnecting: ConnectionState = {
    state: 'reconnecting',
    sinceMs: 10,
    attempt: 2,
    nextTryMs: 2000,
    fault: { code: 'read-timeout', message: 'nothing came for 5 s' },
  };

  test.each(['events=state', 'pictures=binary'])('are told with %s, of all cameras', async (query) => {
    await server.connectTo('gate');
    const viewer = await server.connect(query);
    server.registry.handleState('gate', reconnecting);
    expect((await viewer.waitFor('camera_state')).data).toEqual({
      cameraId: 'gate',
      state: 'reconnecting',
      sinceMs: 10,
      attempt: 2,
      nextTryMs: 2000,
      reason: { code: 'read-timeout', message: 'nothing came for 5 s' },
    });
  });

  test('as they stand are told to one who comes later', async () => {
    await server.connectTo('gate');
    await server.connectTo('unknown yet');
    server.registry.handleState('gate', { state: 'live', sinceMs: 10 });
    const viewer = await server.connect('events=state');
    await answered(viewer);
    expect(viewer.messages.filter(({ type }) => type === 'camera_state')).toEqual([
      { type: 'camera_state', data: { cameraId: 'gate', state: 'live', sinceMs: 10 } },
    ]);
  });

  test('are not told to clients of the plain contract', async () => {
    const viewer = await server.connectTo('gate');
    server.registry.handleState('gate', reconnecting);
    await answered(viewer);
    expect(viewer.messages.map(({ type }) => type)).toEqual(['connection_ack', 'pong', 'pong']);
  });

  test('stand in the list of cameras', async () => {
    await server.connectTo('gate');
    const { data } = (await (await server.get('/api/cameras')).json()) as { data: { cameras: unknown[] } };
    expect(data.cameras).toEqual([
      expect.objectContaining({ cameraId: 'gate', state: 'live', configured: false, viewers: 1, analysed: 3 }),
    ]);
  });
});

test('what the server cannot start is an error with the code of the engine', async () => {
  const viewer = await server.connect();
  server.engine.refusals.set('http://x', Object.assign(new Error('expected rtsp://'), { code: 'scheme-refused' }));
  viewer.send('start_stream', { cameraId: 1, rtspUrl: 'http://x' });
  expect((await viewer.waitFor('error')).data).toEqual({
    code: 'scheme-refused',
    message: 'expected rtsp://',
    cameraId: 1,
  });
});

test('what the engine refuses only once the camera before it has gone is an error, too, and a stop with its code', async () => {
  const viewer = await server.connectTo(7);
  server.engine.holdRemovals = true;
  server.engine.refusals.set('rtsp://late', Object.assign(new Error('expected a host'), { code: 'bad-url' }));
  viewer.send('stop_stream', { cameraId: 7 });
  viewer.send('start_stream', { cameraId: 7, rtspUrl: 'rtsp://late' });
  await answered(viewer);
  expect(viewer.messages.filter(({ type }) => type === 'error')).toEqual([]);
  await server.engine.finishRemovals();
  const refusal = { code: 'bad-url', cameraId: 7 };
  expect((await viewer.waitFor('error')).data).toEqual({ ...refusal, message: 'expected a host' });
  const stopped = await viewer.waitFor('stream_stopped', (data) => data.code !== undefined);
  expect(stopped.data).toEqual({ ...refusal, reason: 'expected a host' });
  expect(server.registry.list()).toEqual([]);
});

test('a camera is checked, and the answer carries the id', async () => {
  await server.close();
  server = await TestServer.start({
    probe: async () => ({
      codec: 'h264',
      imageWidth: 1280,
      imageHeight: 720,
      keyframe: true,
      connectMs: 5,
      firstPacketMs: 41.6,
      watchedMs: 0,
    }),
  });
  const viewer = await server.connect();
  viewer.send('check_camera', { cameraId: 3, rtspUrl });
  expect((await viewer.waitFor('camera_status')).data).toEqual({
    cameraId: 3,
    status: 1,
    message: 'reachable: h264 1280x720',
    latencyMs: 42,
  });
});

test('a service that stops says so to its cameras’ viewers and ends the connections', async () => {
  const viewer = await server.connectTo(7);
  const closed = new Promise((resolve) => viewer.socket.once('close', (code) => resolve(code)));
  server.registry.close('the service is stopping');
  await server.stop();
  expect((await viewer.waitFor('stream_stopped')).data).toEqual({ cameraId: 7, reason: 'the service is stopping' });
  expect(await closed).toBe(1001);
  await expect(server.get('/')).rejects.toThrow();
});
