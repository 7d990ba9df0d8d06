import { describe, expect, test } from 'vitest';
import { cookieValue, setCookie, shownTokens } from '../../../src/auth/credentials.ts';

const nothing = { authorization: '', cookie: '', queryToken: '' };

describe('the tokens that are shown', () => {
  test.each([
    ['nothing', nothing, []],
    ['a Bearer', { ...nothing, authorization: 'Bearer abc/=' }, ['abc/=']],
    ['the scheme in lower case', { ...nothing, authorization: 'bearer abc' }, ['abc']],
    ['another scheme', { ...nothing, authorization: 'Basic abc' }, []],
    ['an empty Bearer', { ...nothing, authorization: 'Bearer ' }, []],
    ['a cookie among others', { ...nothing, cookie: 'a=b; roadwatch_token=a%3Bb; c=d' }, ['a;b']],
    ['a cookie of another name', { ...nothing, cookie: 'other=abc' }, []],
    ['a cookie that is no URL encoding', { ...nothing, cookie: 'roadwatch_token=%zz' }, []],
    [
      'one in the query beside a cookie',
      { ...nothing, cookie: 'roadwatch_token=one', queryToken: 'two' },
      ['one', 'two'],
    ],
  ])('%s', (_, credentials, tokens) => {
    expect(shownTokens(credentials)).toEqual(tokens);
  });
});

test('a cookie is kept from scripts, from other sites and, where there is TLS, from connections without', () => {
  expect(setCookie('name', 'a;b', { secure: false, sameSite: 'Lax' })).toBe(
    'name=a%3Bb; Path=/; HttpOnly; SameSite=Lax',
  );
  expect(setCookie('name', 'x', { secure: true, maxAgeSeconds: 60 })).toBe(
    'name=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure',
  );
  expect(cookieValue('name=a%3Bb', 'name')).toBe('a;b');
});
