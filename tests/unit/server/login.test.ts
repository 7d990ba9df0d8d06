/** Accounts from the first run to the end of a session, over real connections, with real hashes and a clock of the test's. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addAccount, loggedIn } from '../../support/accounts.ts';
import { answered, TestServer } from '../../support/test-server.ts';

const password = 'correct horse battery';
const minuteMs = 60_000;

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly data: Record<string, unknown>;
  readonly cookies: readonly string[];
  readonly headers: Headers;
}

async function send(
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { data } = (await response.json()) as { data: Record<string, unknown> };
  return { status: response.status, data, cookies: response.headers.getSetCookie(), headers: response.headers };
}

/** What a browser sends after an answer with these cookies. */
function browser({ cookies }: Answer): { cookie: string } {
  return { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') };
}

function setUp(more: Readonly<Record<string, string>> = {}, headers: Record<string, string> = {}): Promise<Answer> {
  return send('POST', '/api/setup', { name: 'Anna', password, ...more }, headers);
}

function logIn(more: Readonly<Record<string, string>> = {}, headers: Record<string, string> = {}): Promise<Answer> {
  return send('POST', '/api/session', { name: 'Anna', password, ...more }, headers);
}

async function whoIs(headers: Record<string, string> = {}): Promise<unknown> {
  return (await send('GET', '/api/session', undefined, headers)).data;
}

/** Lets the server see what has become of time, and of what other processes have done. */
async function look(): Promise<void> {
  server.clock.advance(2000);
  await new Promise((resolve) => setTimeout(resolve, 20));
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the first run', () => {
  test('whoever is at this machine may everything, until he makes the administrator and must log in', async () => {
    expect(await whoIs()).toEqual({
      caller: { kind: 'local', role: 'admin' },
      firstRun: { needsCode: false },
    });
    const made = await setUp();
    expect(made).toMatchObject({ status: 200, data: { caller: { kind: 'account', role: 'admin', name: 'Anna' } } });
    expect(made.cookies[0]).toMatch(
      /^roadwatch_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/,
    );
    expect(await whoIs()).toEqual({ caller: { kind: 'stranger', role: 'public' } });
    expect(await whoIs(browser(made))).toEqual({ caller: { kind: 'account', role: 'admin', name: 'Anna' } });
    expect((await server.get('/api/cameras')).status).toBe(401);
    expect((await server.get('/api/cameras', browser(made))).status).toBe(200);
  });

  test('is over with the first account', async () => {
    await setUp();
    expect(await setUp({ name: 'Boris' })).toMatchObject({ status: 409, data: { error: 'set-up-already' } });
  });

  test('two at a time make one account', async () => {
    const both = await Promise.all([setUp(), setUp({ name: 'Boris' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(server.auth.accounts.accounts()).toHaveLength(1);
  });

  test('by way of a proxy wants the code of the log, ten tries and half an hour long', async () => {
    const proxied = { 'x-forwarded-for': '192.0.2.7' };
    const { code } = server.auth.firstRun;
    expect(code).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    expect(await send('GET', '/api/session', undefined, proxied)).toMatchObject({
      data: { caller: { kind: 'local', role: 'operator' }, firstRun: { needsCode: true } },
    });
    expect(await setUp({}, proxied)).toMatchObject({ status: 403, data: { error: 'wrong-code' } });
    expect(await setUp({ code: 'AAAA-AAAA' }, proxied)).toMatchObject({ status: 403 });
    server.clock.advance(30 * minuteMs);
    expect(await setUp({ code }, proxied)).toMatchObject({ status: 403 });
  });

  test('takes the code as people type it, but not after ten that were wrong', async () => {
    const proxied = { 'x-forwarded-for': '192.0.2.7' };
    const code = server.auth.firstRun.code.toLowerCase().replace('-', ' ');
    for (let count = 0; count < 9; count += 1) await setUp({ code: 'AAAAAAAA' }, proxied);
    expect(await setUp({ code }, proxied)).toMatchObject({ status: 200 });
    await server.close();
    server = await TestServer.start();
    for (let count = 0; count < 10; count += 1) await setUp({ code: 'AAAAAAAA' }, proxied);
    expect(await setUp({ code: server.auth.firstRun.code }, proxied)).toMatchObject({ status: 403 });
  });

  test.each([
    ['a password that is too short', { password: 'short' }],
    ['a name with spaces', { name: 'Anna B' }],
    ['a password that is the name', { name: 'annaannaanna', password: 'AnnaAnnaAnna' }],
  ])('%s is refused in words', async (_, more) => {
    const refused = await setUp(more as Record<string, string>);
    expect(refused.status).toBe(400);
    expect(server.auth.accounts.accounts()).toEqual([]);
  });
});

describe('wrong passwords', () => {
  beforeEach(async () => {
    await setUp();
  });

  test('are refused like names that are not there', async () => {
    const [wrong, nobody] = [await logIn({ password: 'wrong' }), await logIn({ name: 'nobody' })];
    expect([wrong.status, nobody.status]).toEqual([401, 401]);
    expect(wrong.data).toEqual(nobody.data);
    expect(wrong.cookies).toEqual([]);
  });

  test('ten in a minute shut an address out, whatever it says then, until the minute is over', async () => {
    for (let count = 0; count < 10; count += 1) await logIn({ name: `guess-${count}` });
    const refused = await logIn();
    expect(refused).toMatchObject({ status: 429, data: { error: 'too-many-tries' } });
    expect(Number(refused.headers.get('retry-after'))).toBe(60);
    server.clock.advance(minuteMs);
    expect((await logIn()).status).toBe(200);
  });

  test('ten at an account keep it closed a quarter of an hour, but not to a browser that it knows', async () => {
    const known = browser(await logIn());
    for (let count = 0; count < 10; count += 1) {
      if (count === 5) server.clock.advance(minuteMs);
      await logIn({ password: `guess-${count}` });
    }
    server.clock.advance(minuteMs);
    expect(await logIn()).toMatchObject({ status: 429 });
    const device = known.cookie.split('; ').find((cookie) => cookie.startsWith('roadwatch_device=')) ?? '';
    expect((await logIn({}, { cookie: device })).status).toBe(200);
    server.clock.advance(15 * minuteMs);
    expect((await logIn()).status).toBe(200);
  });

  test('as many at once are as many tries', async () => {
    const answers = await Promise.all(Array.from({ length: 14 }, (_, index) => logIn({ password: `guess-${index}` })));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
  });

  test('names are the same in capitals', async () => {
    expect((await logIn({ name: 'ANNA' })).status).toBe(200);
  });
});

describe('a session', () => {
  let cookie: { cookie: string };

  beforeEach(async () => {
    cookie = await loggedIn(server, await addAccount(server, 'admin', 'Anna'));
  });

  async function isIn(): Promise<boolean> {
    return (await server.get('/api/cameras', cookie)).status === 200;
  }

  test('ends an hour after its last use', async () => {
    server.clock.advance(59 * minuteMs);
    expect(await isIn()).toBe(true);
    server.clock.advance(59 * minuteMs);
    expect(await isIn()).toBe(true);
    server.clock.advance(60 * minuteMs);
    expect(await isIn()).toBe(false);
  });

  test('ends after a week, however it is used', async () => {
    for (let hour = 0; hour < 167; hour += 1) {
      server.clock.advance(59 * minuteMs);
      expect(await isIn()).toBe(true);
    }
    server.clock.advance(59 * minuteMs);
    server.clock.advance(59 * minuteMs);
    server.clock.advance(59 * minuteMs);
    expect(await isIn()).toBe(false);
    await look();
    expect(server.auth.book.records?.sessions.size).toBe(0);
  });

  test('ends by logging out, and its cookie is taken back', async () => {
    const out = await send('DELETE', '/api/session', undefined, cookie);
    expect(out.cookies[0]).toBe('roadwatch_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0');
    expect(await isIn()).toBe(false);
  });

  test('is listed for its account, and ends by its word; others’ are not', async () => {
    const boris = await addAccount(server, 'viewer', 'Boris');
    const [first, second] = [await loggedIn(server, boris), await loggedIn(server, boris)];
    const { sessions } = (await send('GET', '/api/account/sessions', undefined, first)).data as {
      sessions: { id: string; own: boolean }[];
    };
    expect(sessions.map(({ own }) => own).sort()).toEqual([false, true]);
    const other = sessions.find(({ own }) => !own)?.id;
    expect((await send('DELETE', `/api/account/sessions/${other}`, undefined, cookie)).status).toBe(404);
    expect((await send('DELETE', `/api/account/sessions/${other}`, undefined, first)).status).toBe(200);
    expect((await server.get('/api/cameras', second)).status).toBe(401);
    expect((await server.get('/api/cameras', first)).status).toBe(200);
  });

  test.each([
    [
      'revoked',
      async () =>
        server.auth.book.write(server.auth.sessions.list().map(({ id }) => ({ kind: 'remove-session', id }) as const)),
    ],
    [
      'of an account that may less now',
      async () => {
        await addAccount(server, 'admin', 'Boris');
        const anna = server.auth.accounts.accounts().find(({ name }) => name === 'Anna');
        if (anna !== undefined) await server.auth.accounts.setRole(anna, 'viewer');
      },
    ],
    [
      'that has expired',
      async () => {
        // The open WebSocket counts as use: only the longest time ends it.
        server.clock.advance(169 * 60 * minuteMs);
        await look();
      },
    ],
  ])('that is %s ends its WebSocket', async (_, end) => {
    const viewer = await server.connect('', cookie);
    const closed = once(viewer.socket, 'close');
    await (end as () => Promise<void>)();
    await look();
    expect((await closed)[0]).toBe(4401);
  });

  test('that is used by an open WebSocket alone goes on', async () => {
    const viewer = await server.connect('', cookie);
    for (let minute = 0; minute < 90; minute += 1) {
      server.clock.advance(minuteMs);
      await settled();
    }
    await answered(viewer);
    expect(await isIn()).toBe(true);
  });

  test('another process that ends it is heard within seconds', async () => {
    const viewer = await server.connect('', cookie);
    const closed = once(viewer.socket, 'close');
    const [session] = server.auth.sessions.list();
    server.auth.book.records?.apply({ kind: 'remove-session', id: session?.id ?? '' });
    await look();
    expect((await closed)[0]).toBe(4401);
  });
});

describe('one’s own password', () => {
  let own: { cookie: string };
  const next = 'another long password';

  beforeEach(async () => {
    own = browser(await setUp());
  });

  test('is changed by who knows it; all other sessions end', async () => {
    const other = browser(await logIn());
    const wrong = await send('POST', '/api/account/password', { current: 'wrong', next }, own);
    expect(wrong).toMatchObject({ status: 403, data: { error: 'wrong-password' } });
    expect((await send('POST', '/api/account/password', { current: password, next }, own)).status).toBe(200);
    expect((await server.get('/api/cameras', own)).status).toBe(200);
    expect((await server.get('/api/cameras', other)).status).toBe(401);
    expect((await logIn()).status).toBe(401);
    expect((await logIn({ password: next })).status).toBe(200);
  });
});

describe('administrators', () => {
  let own: { cookie: string };

  beforeEach(async () => {
    own = browser(await setUp());
  });

  test('make, change and remove accounts; no answer holds a password or its hash', async () => {
    const made = await send('POST', '/api/accounts', { name: 'Boris', role: 'viewer', password }, own);
    expect(made).toMatchObject({ status: 200, data: { account: { name: 'Boris', role: 'viewer', sessions: 0 } } });
    const { id } = made.data.account as { id: string };
    const session = browser(await logIn({ name: 'Boris' }));
    expect((await send('PATCH', `/api/accounts/${id}`, { role: 'operator' }, own)).status).toBe(200);
    expect((await server.get('/api/cameras', session)).status).toBe(401);
    const list = await server.get('/api/accounts', own);
    const text = await list.text();
    expect(text).not.toContain('argon2');
    expect(JSON.parse(text).data.accounts).toMatchObject([
      { name: 'Anna', role: 'admin' },
      { name: 'Boris', role: 'operator' },
    ]);
    expect((await send('DELETE', `/api/accounts/${id}`, undefined, own)).status).toBe(200);
    expect((await logIn({ name: 'Boris' })).status).toBe(401);
  });

  test('cannot remove the last of them, nor make it less', async () => {
    const { id } = server.auth.accounts.accounts()[0] ?? { id: '' };
    expect(await send('DELETE', `/api/accounts/${id}`, undefined, own)).toMatchObject({ status: 409 });
    const less = await send('PATCH', `/api/accounts/${id}`, { role: 'viewer' }, own);
    expect(less).toMatchObject({ status: 409, data: { error: 'last-admin' } });
  });

  test('make tokens, each shown once, which open what their role may until they are removed', async () => {
    const made = await send('POST', '/api/tokens', { name: 'central', role: 'viewer' }, own);
    const { token, secret } = made.data as { token: { id: string }; secret: string };
    expect(secret).toMatch(/^rw_[\w-]{43}$/);
    const shown = { authorization: `Bearer ${secret}` };
    expect((await server.get('/api/cameras', shown)).status).toBe(200);
    expect((await server.get('/api/accounts', shown)).status).toBe(403);
    const viewer = await server.connect('', shown);
    const closed = once(viewer.socket, 'close');
    const listed = await (await server.get('/api/tokens', own)).text();
    expect(listed).not.toContain(secret);
    expect(JSON.parse(listed).data.tokens).toMatchObject([
      { name: 'central', role: 'viewer', createdBy: 'account:Anna', lastUsedMs: server.clock.nowMs() },
    ]);
    expect((await send('DELETE', `/api/tokens/${token.id}`, undefined, own)).status).toBe(200);
    expect((await server.get('/api/cameras', shown)).status).toBe(401);
    expect((await closed)[0]).toBe(4401);
  });

  test('read who did what: logins, those that failed, and changes', async () => {
    await logIn({ password: 'wrong' });
    await send('POST', '/api/tokens', { name: 'central', role: 'viewer' }, own);
    await settled();
    const { entries } = (await send('GET', '/api/audit?limit=3', undefined, own)).data as { entries: object[] };
    const from = '127.0.0.1';
    expect(entries).toMatchObject([
      { who: 'account:Anna', action: 'token.add', subject: 'central (viewer)', outcome: 'done', from },
      { who: 'stranger', action: 'session.login', subject: 'Anna', outcome: 'refused', from },
      { who: 'local', action: 'account.first', subject: 'Anna', outcome: 'done', from },
    ]);
    expect((await send('GET', '/api/audit?limit=0', undefined, own)).status).toBe(400);
  });

  test('a flood of wrong logins leaves no more than sixty entries at once', async () => {
    for (let count = 0; count < 100; count += 1) await logIn({ name: 'x' });
    await settled();
    const { entries } = (await send('GET', '/api/audit?limit=500', undefined, own)).data as { entries: object[] };
    expect(entries).toHaveLength(61);
  });
});

describe('anonymous clients, where the configuration lets them in', () => {
  test.each([
    ['operator', undefined, 200, 403],
    ['viewer', 'viewer', 200, 403],
  ] as const)('may what an %s may', async (role, anonymousRole, reading, administering) => {
    await server.close();
    server = await TestServer.start({
      config: { server: { allowAnonymous: true, ...(anonymousRole === undefined ? {} : { anonymousRole }) } },
    });
    expect(await whoIs()).toMatchObject({ caller: { kind: 'anonymous', role } });
    expect((await server.get('/api/cameras')).status).toBe(reading);
    expect((await server.get('/api/accounts')).status).toBe(administering);
    const viewer = await server.connect();
    viewer.send('start_stream', { cameraId: 1, rtspUrl: 'rtsp://camera.example/1' });
    await answered(viewer);
    expect(server.engine.calls.length > 0).toBe(role === 'operator');
  });
});
