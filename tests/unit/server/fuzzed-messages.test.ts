/** Whatever a client sends, it gets an answer in words or is sent away, and the server goes on. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientMessages } from '../../../src/server/messages.ts';
import { answered, TestServer } from '../../support/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({ config: { server: { maxMessagesPerSecond: 10_000 } } });
});
afterAll(() => server.close());

const type = fc.oneof(fc.constantFrom(...Object.keys(clientMessages), '__proto__', 'constructor', ''), fc.string());
const data = fc.oneof(
  fc.jsonValue(),
  fc.record(
    { cameraId: fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), rtspUrl: fc.oneof(fc.webUrl(), fc.string()) },
    { requiredKeys: [] },
  ),
);
const frame = fc.oneof(
  fc.record({ type, data }, { requiredKeys: [] }).map((message) => JSON.stringify(message)),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

test('any frames', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 40 }), async (frames) => {
      const viewer = await server.connect('frames=none');
      for (const each of frames) viewer.sendRaw(each);
      await answered(viewer);
      const allowed = ['connection_ack', 'pong', 'error', 'stream_stopped', 'camera_status', 'camera_state'];
      for (const message of viewer.messages) expect(allowed).toContain(message.type);
      for (const { data: told } of viewer.messages.filter((message) => message.type === 'error')) {
        expect(told.code).not.toBe('internal');
        expect(told.message.length).toBeLessThan(2000);
      }
      viewer.close();
    }),
    { numRuns: 150 },
  );
  expect((await server.get('/api/cameras')).status).toBe(200);
});
