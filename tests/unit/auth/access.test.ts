import { describe, expect, test } from 'vitest';
import { Access } from '../../../src/auth/access.ts';

describe('which pages may open the WebSocket and change something', () => {
  const host = 'box.example:5000';

  test.each([
    ['no page at all', '', [], true],
    ['the own page', 'http://box.example:5000', [], true],
    ['the own page behind TLS', 'https://box.example:5000', [], true],
    ['the same host on another port', 'http://box.example:5001', [], false],
    ['another host', 'http://evil.example', [], false],
    ['a host whose name begins the same', 'http://box.example:5000.evil.example', [], false],
    ['a sandboxed page', 'null', [], false],
    ['one that is configured', 'https://screen.example', ['https://screen.example'], true],
    ['a sibling of one that is configured', 'https://a.screen.example', ['https://screen.example'], false],
  ])('%s', (_, origin, allowed, may) => {
    expect(new Access(allowed).mayChange(origin, host)).toBe(may);
    expect(new Access(allowed).mayChangeByCookie(origin, host)).toBe(may);
  });

  test('any, where * is configured; but not with a cookie, which a browser sends whatever page asks', () => {
    const access = new Access(['*']);
    expect(access.mayChange('http://evil.example', host)).toBe(true);
    expect(access.mayChangeByCookie('http://evil.example', host)).toBe(false);
  });
});

test.each([
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['[::1]:5000', true],
  ['', true],
  ['evil.example:5000', false],
  ['localhost.evil.example', false],
])('where nobody says who he is, a request for %s is ours: %s', (host, ours) => {
  expect(new Access([]).isForThisMachine(host)).toBe(ours);
});
