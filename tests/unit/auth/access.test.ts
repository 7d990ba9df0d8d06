import { describe, expect, test } from 'vitest';
import { Access, tokenCookieHeader } from '../../../src/auth/access.ts';

const token = 'correct-horse/battery=';
const nothing = { authorization: '', cookie: '', queryToken: '' };

describe('who may enter', () => {
  const access = new Access(token, [], false);

  test.each([
    ['nothing', nothing, false],
    ['the token as Bearer', { ...nothing, authorization: `Bearer ${token}` }, true],
    ['the scheme in lower case', { ...nothing, authorization: `bearer ${token}` }, true],
    ['another scheme', { ...nothing, authorization: `Basic ${token}` }, false],
    ['a token that only begins the same', { ...nothing, authorization: `Bearer ${token}x` }, false],
    ['an empty Bearer', { ...nothing, authorization: 'Bearer ' }, false],
    ['its cookie among others', { ...nothing, cookie: `a=b; ${cookie(token)}; c=d` }, true],
    ['a cookie of another name', { ...nothing, cookie: `other=${token}` }, false],
    ['a cookie that is no URL encoding', { ...nothing, cookie: 'roadwatch_token=%zz' }, false],
    ['the token in the query', { ...nothing, queryToken: token }, true],
    ['a wrong query token beside the right cookie', { ...nothing, cookie: cookie(token), queryToken: 'x' }, true],
  ])('%s', (_, credentials, mayEnter) => {
    expect(access.mayEnter(credentials)).toBe(mayEnter);
  });

  test('everybody, where no token is configured; nothing is its token', () => {
    const open = new Access(undefined, [], false);
    expect(open.tokenRequired).toBe(false);
    expect(open.mayEnter(nothing)).toBe(true);
    expect(open.isToken('')).toBe(false);
  });
});

test('a client shows a token in any of three places', () => {
  const access = new Access(token, [], false);
  expect(access.wrongTokens(nothing)).toEqual([]);
  expect(access.wrongTokens({ ...nothing, cookie: 'theme=dark' })).toEqual([]);
  const [one] = access.wrongTokens({ ...nothing, authorization: 'Bearer wrong' });
  expect(one).toMatch(/\S/);
  expect(one).not.toContain('wrong');
  expect(access.wrongTokens({ ...nothing, cookie: 'roadwatch_token=wrong' })).toEqual([one]);
  expect(access.wrongTokens({ ...nothing, queryToken: 'wrong' })).toEqual([one]);
  expect(access.wrongTokens({ ...nothing, queryToken: 'other' })).not.toEqual([one]);
});

describe('which pages may open the WebSocket', () => {
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
    ['any, where * is configured', 'http://evil.example', ['*'], true],
  ])('%s', (_, origin, allowed, mayOpen) => {
    expect(new Access(undefined, allowed, false).mayOpenSocket(origin, host)).toBe(mayOpen);
  });
});

test('the cookie is kept from scripts and from other sites', () => {
  expect(tokenCookieHeader('a;b')).toBe('roadwatch_token=a%3Bb; Path=/; HttpOnly; SameSite=Lax');
});

function cookie(value: string): string {
  return tokenCookieHeader(value).split(';')[0] ?? '';
}

test.each([
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['[::1]:5000', true],
  ['', true],
  ['evil.example:5000', false],
  ['localhost.evil.example', false],
])('without a token, a request for %s is ours: %s', (host, ours) => {
  expect(new Access(undefined, [], false).isForUs(host)).toBe(ours);
  // A token, or the operator's word, keeps strangers out by other means.
  expect(new Access('t'.repeat(16), [], false).isForUs(host)).toBe(true);
  expect(new Access(undefined, [], true).isForUs(host)).toBe(true);
});
