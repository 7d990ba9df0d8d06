/** What one client may cost, over real connections. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { answered, TestServer } from '../../support/test-server.ts';

let server: TestServer;

afterEach(() => server.close());

test('beyond the most connections a client is asked to come back, and one that leaves makes room', async () => {
  server = await TestServer.start({ config: { server: { maxConnections: 2 } } });
  const first = await server.connect();
  await server.connect();
  expect(await server.upgradeStatus()).toBe(503);
  const closed = once(first.socket, 'close');
  first.close();
  await closed;
  expect(await server.upgradeStatus()).toBe(101);
});

describe('messages a second', () => {
  test('beyond their number are refused unread, until time has gone on', async () => {
    server = await TestServer.start({ config: { server: { maxMessagesPerSecond: 2 } } });
    const viewer = await server.connect();
    for (let count = 0; count < 4; count += 1) await answered(viewer);
    viewer.send('start_stream', { cameraId: 1, rtspUrl: 'rtsp://camera.example/1' });
    expect((await viewer.waitFor('error')).data).toEqual({
      code: 'rate-limited',
      message: 'expected at most 2 messages a second; this one was not read',
    });
    expect(server.engine.calls).toEqual([]);
    server.clock.advance(500);
    await answered(viewer);
    viewer.send('ping');
    await viewer.waitForNext('error', (data) => data.code === 'rate-limited');
  });

  test('of one client do not count against another', async () => {
    server = await TestServer.start({ config: { server: { maxMessagesPerSecond: 1 } } });
    const [loud, quiet] = [await server.connect(), await server.connect()];
    for (let count = 0; count < 3; count += 1) loud.send('ping');
    await loud.waitFor('error');
    await answered(quiet);
  });

  test('a client that goes on regardless is sent away', async () => {
    server = await TestServer.start({ config: { server: { maxMessagesPerSecond: 1 } } });
    const viewer = await server.connect();
    const closed = once(viewer.socket, 'close');
    for (let count = 0; count < 102; count += 1) viewer.send('ping');
    expect((await closed)[0]).toBe(1008);
    expect(viewer.messages.filter(({ type }) => type === 'error')).toHaveLength(100);
  });
});

describe('a message', () => {
  test('that is too large is refused in words; the connection stays', async () => {
    server = await TestServer.start({ config: { server: { maxMessageBytes: 1024 } } });
    const viewer = await server.connect();
    viewer.sendRaw(JSON.stringify({ type: 'ping', data: 'é'.repeat(600) }));
    expect((await viewer.waitFor('error')).data).toEqual({
      code: 'message-too-large',
      message: 'expected at most 1024 bytes, received 1225',
    });
    await answered(viewer);
  });

  test('that is far too large ends the connection', async () => {
    server = await TestServer.start();
    const viewer = await server.connect();
    viewer.socket.on('error', () => undefined);
    const closed = once(viewer.socket, 'close');
    viewer.sendRaw('x'.repeat(3 * 1_048_576));
    await closed;
    await answered(await server.connect());
  });

  test('that is binary is refused', async () => {
    server = await TestServer.start();
    const viewer = await server.connect();
    viewer.sendRaw(Buffer.from('{"type":"ping"}'));
    expect((await viewer.waitFor('error')).data.code).toBe('binary-not-supported');
  });
});

test('a query that is not known is refused before the connection is', async () => {
  server = await TestServer.start();
  expect(await server.upgradeStatus('frames=all')).toBe(400);
});
