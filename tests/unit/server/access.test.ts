/** Who may in, over real connections. */
import { afterEach, describe, expect, test } from 'vitest';
import { TestServer } from '../../support/test-server.ts';

const authToken = 'a-token-of-the-test';
const right = { authorization: `Bearer ${authToken}` };
const wrong = { authorization: 'Bearer something-else' };

let server: TestServer;

afterEach(() => server.close());

describe('the origin of a page', () => {
  test.each([
    ['none: no browser', undefined, 101],
    ['the own one', 'own', 101],
    ['one that is configured', 'https://screen.example', 101],
    ['a foreign one', 'https://evil.example', 403],
    ['a sandboxed one', 'null', 403],
  ])('%s', async (_, origin, status) => {
    server = await TestServer.start({ config: { server: { allowedOrigins: ['https://screen.example'] } } });
    const headers = origin === undefined ? {} : { origin: origin === 'own' ? server.url : origin };
    expect(await server.upgradeStatus('', headers as Record<string, string>)).toBe(status);
  });
});

describe('with a token', () => {
  async function startWithToken(): Promise<void> {
    server = await TestServer.start({ config: { server: { authToken } } });
  }

  test.each(['/metrics', '/api/cameras', '/api/keys'])('%s wants it', async (path) => {
    await startWithToken();
    const refused = await server.get(path);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="roadwatch"');
    expect(await refused.json()).toMatchObject({ code: 401, data: { error: 'unauthorized' } });
    expect((await server.get(path, wrong)).status).toBe(401);
    expect((await server.get(path, right)).status).toBe(200);
  });

  test('the page is for everybody: it is where people log in', async () => {
    await startWithToken();
    expect((await server.get('/')).status).toBe(200);
    expect((await server.get('/nothing-here')).status).toBe(404);
  });

  test('the WebSocket takes it as header, cookie or query', async () => {
    await startWithToken();
    expect(await server.upgradeStatus()).toBe(401);
    expect(await server.upgradeStatus('', wrong)).toBe(401);
    expect(await server.upgradeStatus('token=wrong')).toBe(401);
    expect(await server.upgradeStatus('', right)).toBe(101);
    expect(await server.upgradeStatus('', { cookie: `roadwatch_token=${authToken}` })).toBe(101);
    expect(await server.upgradeStatus(`frames=none&token=${authToken}`)).toBe(101);
  });

  test('the page moves it from the address to a cookie, which then opens everything', async () => {
    await startWithToken();
    const moved = await server.get(`/?token=${authToken}`);
    expect(moved.status).toBe(303);
    expect(moved.headers.get('location')).toBe('/');
    const cookie = moved.headers.get('set-cookie') ?? '';
    expect(cookie).toBe(`roadwatch_token=${authToken}; Path=/; HttpOnly; SameSite=Lax`);
    expect((await server.get(`//evil.example/?token=${authToken}`)).headers.get('location')).toBe('/evil.example/');
    const kept = { cookie: cookie.split(';')[0] as string };
    expect((await server.get('/api/cameras', kept)).status).toBe(200);
  });

  test('its details of health are for those who have it, the rest is for all', async () => {
    await startWithToken();
    const health = async (headers = {}) => (await server.get('/api/health/health_check', headers)).json();
    expect(await health()).toEqual({ code: 0, msg: 'success', data: { status: 'UP' } });
    expect(await health(wrong)).toEqual({ code: 0, msg: 'success', data: { status: 'UP' } });
    expect(await health(right)).toMatchObject({ data: { status: 'UP', inference: 'cpu' } });
  });

  test.each(['/api/cameras', '/api/health/health_check'])(
    'ten different wrong ones at %s block an address, the right one included, until the minute is over',
    async (path) => {
      await startWithToken();
      for (let count = 0; count < 10; count += 1) await server.get(path, { authorization: `Bearer guess-${count}` });
      const blocked = await server.get('/api/cameras', right);
      expect(blocked.status).toBe(429);
      expect(blocked.headers.get('retry-after')).toBe('60');
      expect(await server.upgradeStatus('', right)).toBe(429);
      expect((await server.get('/api/health/health_check')).status).toBe(200);
      server.clock.advance(60_000);
      expect((await server.get('/api/cameras', right)).status).toBe(200);
      expect(await server.upgradeStatus('', right)).toBe(101);
    },
  );

  test('a client with an old one is refused, and shuts out nobody else behind its address', async () => {
    await startWithToken();
    for (let count = 0; count < 20; count += 1) expect((await server.get('/api/cameras', wrong)).status).toBe(401);
    expect(await server.upgradeStatus('', wrong)).toBe(401);
    expect((await server.get('/api/cameras', right)).status).toBe(200);
  });

  test('a client that shows none is refused, but guesses nothing', async () => {
    await startWithToken();
    for (let count = 0; count < 20; count += 1) expect((await server.get('/metrics')).status).toBe(401);
    expect((await server.get('/metrics', right)).status).toBe(200);
  });
});

test('without a token everybody gets everything', async () => {
  server = await TestServer.start();
  expect(await (await server.get('/api/health/health_check')).json()).toMatchObject({ data: { inference: 'cpu' } });
  expect((await server.get('/metrics')).status).toBe(200);
  expect((await server.get('/?token=whatever')).status).toBe(200);
});
