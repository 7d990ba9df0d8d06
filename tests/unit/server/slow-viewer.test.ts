/** A client that does not read: what it is not given, and what that costs the others. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type WebSocket from 'ws';
import type { Viewer } from '../../e2e/support/viewer.ts';
import { detection } from '../../support/fake-engine.ts';
import { answered, TestServer } from '../../support/test-server.ts';

const maxBufferedBytes = 1_048_576;
const pictureBytes = 200_000;
/** Far more than the system's own buffers hold. */
const frames = Math.ceil((1.5 * (maxBufferedBytes + kernelBufferBytes())) / pictureBytes);

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start({ config: { server: { maxBufferedBytes } } });
});
afterEach(() => server.close());

/** The TCP connection under a client. */
function connectionOf(viewer: Viewer): Socket {
  return (viewer.socket as WebSocket & { readonly _socket: Socket })._socket;
}

/** What the kernel takes at most for a sender and for a receiver. */
function kernelBufferBytes(): number {
  return ['wmem', 'rmem']
    .map((kind) => Number(readFileSync(`/proc/sys/net/ipv4/tcp_${kind}`, 'utf8').trim().split(/\s+/)[2]))
    .reduce((sum, bytes) => sum + bytes, 0);
}

/** Analysed frames one after the other, each with a picture; the event loop turns between them. */
async function detectMany(cameraId: string): Promise<void> {
  for (let count = 0; count < frames; count += 1) {
    server.detect(detection(cameraId, { capturedAtMs: count, rawJpeg: Buffer.alloc(pictureBytes) }));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('frames are skipped and counted, not kept, and the newest come again when it reads', async () => {
  const viewer = await server.connectTo('gate', 'frames=none&pictures=binary');
  connectionOf(viewer).pause();
  await detectMany('gate');
  expect(server.framesSkipped).toBeGreaterThan(0);
  connectionOf(viewer).resume();
  await answered(viewer);

  const given = viewer.messages.filter(({ type }) => type === 'detection_result');
  expect(given.length).toBe(frames - server.framesSkipped);
  expect(viewer.binary).toHaveLength(given.length);
  // Half of the room is for frames, and one may lie on top of it.
  const room = maxBufferedBytes / 2 + pictureBytes + kernelBufferBytes();
  expect(viewer.binary.reduce((bytes, picture) => bytes + picture.length, 0)).toBeLessThan(room);

  const skippedBefore = server.framesSkipped;
  server.detect(detection('gate', { capturedAtMs: frames }));
  await viewer.waitFor('detection_result', (data) => Date.parse(data.timestamp) === frames);
  expect(server.framesSkipped).toBe(skippedBefore);
});

test('others who look at the same camera miss nothing', async () => {
  const [slow, quick] = [await server.connectTo('gate', 'frames=raw'), await server.connectTo('gate', 'frames=none')];
  connectionOf(slow).pause();
  await detectMany('gate');
  await answered(quick);
  expect(server.framesSkipped).toBeGreaterThan(0);
  expect(quick.messages.filter(({ type }) => type === 'detection_result')).toHaveLength(frames);
});
