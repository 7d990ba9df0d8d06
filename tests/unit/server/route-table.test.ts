/** Every route and every message, by every role: what stands in the table is what happens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { type AccessLevel, accessLevels, mayDo, type Role } from '../../../src/auth/access-level.ts';
import type { Account } from '../../../src/auth/account.ts';
import type { Route } from '../../../src/server/route.ts';
import { addAccount, loggedIn } from '../../support/accounts.ts';
import { answered, TestServer } from '../../support/test-server.ts';

let server: TestServer;
const accounts = new Map<Role, Account>();

beforeAll(async () => {
  server = await TestServer.start({ config: { server: { maxConnections: 10_000, maxMessagesPerSecond: 10_000 } } });
  for (const role of ['admin', 'operator', 'viewer'] as const) accounts.set(role, await addAccount(server, role));
});
afterAll(() => server.close());

/** The headers of somebody with this role, in a session of its own: some routes end it. */
async function headersOf(level: AccessLevel): Promise<Record<string, string>> {
  return level === 'public' ? {} : loggedIn(server, accounts.get(level) as Account);
}

function concrete(path: string): string {
  return path.replaceAll(/:\w+/g, 'nobody').replace('*', '');
}

async function ask({ method, path }: Route, level: AccessLevel, more: Record<string, string> = {}) {
  const headers = { ...(await headersOf(level)), ...more };
  const response = await fetch(`${server.url}${concrete(path)}`, { method, headers });
  const text = await response.text();
  const error = text.startsWith('{') ? JSON.parse(text).data?.error : undefined;
  return { status: response.status, error };
}

test('each route lets in whom it says and nobody else: 401 without a login, 403 with too small a role', async () => {
  for (const route of server.table.routes) {
    for (const level of accessLevels) {
      const { status, error } = await ask(route, level);
      const where = `${route.method} ${route.path} as ${level}`;
      if (mayDo(level, route.role)) {
        expect(['unauthorized', 'forbidden'], where).not.toContain(error);
        expect(status, where).toBeLessThan(500);
      } else if (level === 'public') {
        expect([where, status, error]).toEqual([where, 401, 'unauthorized']);
      } else {
        expect([where, status, error]).toEqual([where, 403, 'forbidden']);
      }
    }
  }
});

test('no page of another origin changes anything, whoever is logged in', async () => {
  for (const route of server.table.routes.filter(({ method }) => method !== 'GET')) {
    const where = `${route.method} ${route.path}`;
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const { status, error } = await ask(route, 'admin', headers as Record<string, string>);
      expect([where, status, error]).toEqual([where, 403, 'origin-refused']);
    }
  }
});

test('what everybody may is this and no more', () => {
  const open = server.table.routes.filter(({ role }) => role === 'public');
  expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
    'DELETE /api/session',
    'GET /*',
    'GET /api/health/health_check',
    'GET /api/session',
    'POST /api/session',
    'POST /api/setup',
  ]);
  const changedByViewers = server.table.routes.filter(({ method, role }) => method !== 'GET' && role === 'viewer');
  expect(changedByViewers.map(({ path }) => path).filter((path) => !path.startsWith('/api/account/'))).toEqual([]);
});

test('no route is there twice, and each change has a name for the audit log', () => {
  const keys = server.table.routes.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { method, path, action } of server.table.routes) {
    if (method !== 'GET') expect([path, action]).toEqual([path, expect.stringMatching(/^[a-z-]+\.[a-z-]+$/)]);
  }
});

describe('WebSocket endpoints', () => {
  test('are opened to the same', async () => {
    for (const { path, role } of server.table.sockets) {
      for (const level of accessLevels) {
        const status = await upgradeStatus(concrete(path), await headersOf(level));
        const where = `${path} as ${level}`;
        if (mayDo(level, role)) expect([401, 403], where).not.toContain(status);
        else expect([where, status]).toEqual([where, level === 'public' ? 401 : 403]);
      }
    }
  });

  test('take each message of /ws from those alone that the table names', async () => {
    const messages = Object.entries(server.table.sockets.find(({ path }) => path === '/ws')?.messages ?? {});
    expect(messages.length).toBeGreaterThan(0);
    for (const level of ['viewer', 'operator', 'admin'] as const) {
      const viewer = await server.connect('', await headersOf(level));
      for (const [type, needed] of messages) {
        const data = { cameraId: `${level}-${type}`, rtspUrl: 'rtsp://camera.example/1' };
        viewer.send(type, data);
        await answered(viewer);
        const refused = viewer.messages.filter((message) => message.data?.code === 'forbidden');
        expect([level, type, refused.length]).toEqual([level, type, mayDo(level, needed) ? 0 : 1]);
        viewer.messages.length = 0;
      }
      viewer.close();
    }
  });
});

function upgradeStatus(path: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, { headers });
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.once('error', reject);
  });
}
