/** Everything over HTTP that is neither the page nor a question of who may in. */
import { afterEach, expect, test } from 'vitest';
import { TestServer } from '../../support/test-server.ts';

let server: TestServer;

afterEach(() => server.close());

test('health answers in the envelope, and is not kept by anybody', async () => {
  server = await TestServer.start();
  const response = await server.get('/api/health/health_check');
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({ code: 0, msg: 'success', data: { status: 'UP', inference: 'cpu' } });
});

test('what is not there is 404 in the same envelope', async () => {
  server = await TestServer.start();
  const response = await server.get('/api/nothing');
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    code: 404,
    msg: 'there is nothing at /api/nothing',
    data: { error: 'not-found' },
  });
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s is not allowed', async (method) => {
  server = await TestServer.start();
  const response = await server.get('/api/keys', {}, method);
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, HEAD');
});

test('metrics come as Prometheus reads them', async () => {
  server = await TestServer.start();
  const response = await server.get('/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(await response.text()).toBe('viewers 0\n');
});

test('a route that fails is 500 without its reasons, and the next request is answered', async () => {
  server = await TestServer.start({ metricsText: () => Promise.reject(new Error('secret reasons')) });
  const response = await server.get('/metrics');
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
  expect((await server.get('/api/cameras')).status).toBe(200);
});

test('a client that goes before its answer is ready does no harm', async () => {
  let finish: (text: string) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    void TestServer.start({
      metricsText: () =>
        new Promise((done) => {
          finish = done;
          resolve();
        }),
    }).then((started) => {
      server = started;
      void fetch(`${server.url}/metrics`, { signal: abort.signal }).catch(() => undefined);
    });
  });
  const abort = new AbortController();
  await asked;
  abort.abort();
  await new Promise((resolve) => setImmediate(resolve));
  finish('too late');
  expect((await server.get('/api/cameras')).status).toBe(200);
});
