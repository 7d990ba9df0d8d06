import { expect, test } from 'vitest';
import { listenHost } from '../../../src/config/listen-host.ts';
import { loadConfig } from '../../../src/config/load.ts';

function hostWith(server: Record<string, unknown>, hasAccounts = false): string {
  return listenHost(loadConfig({ env: {}, cwd: '/', embedded: { server } }), hasAccounts);
}

test('without credentials the server is on loopback, whatever address is configured', () => {
  expect(hostWith({})).toBe('127.0.0.1');
  expect(hostWith({ host: '192.168.1.5' })).toBe('127.0.0.1');
  expect(hostWith({ host: '127.evil.example' })).toBe('127.0.0.1');
});

test('a loopback address is kept', () => {
  expect(hostWith({ host: 'localhost' })).toBe('localhost');
  expect(hostWith({ host: '::1' })).toBe('::1');
  expect(hostWith({ host: '127.0.0.2' })).toBe('127.0.0.2');
});

test('accounts, or a set-up that is meant to come from elsewhere, open it, too', () => {
  expect(hostWith({ host: '192.168.1.5' }, true)).toBe('192.168.1.5');
  expect(hostWith({ host: '192.168.1.5', setupFromNetwork: true })).toBe('192.168.1.5');
});

test('a token or leave for anonymous clients opens the configured address', () => {
  expect(hostWith({ authToken: 'a-token-of-some-length' })).toBe('0.0.0.0');
  expect(hostWith({ host: '192.168.1.5', allowAnonymous: true })).toBe('192.168.1.5');
});
