import { describe, expect, test } from 'vitest';
import { parseRedisUrl } from '../../../src/config/redis-url.ts';

describe('an address of Redis', () => {
  test.each([
    ['redis://cache', { host: 'cache', port: 6379, db: 0, tls: false }],
    ['redis://10.0.0.5:7000/3', { host: '10.0.0.5', port: 7000, db: 3, tls: false }],
    ['rediss://[fd00::5]:7001', { host: 'fd00::5', port: 7001, db: 0, tls: true }],
    ['redis://:p%40ss@cache/', { host: 'cache', port: 6379, db: 0, password: 'p@ss', tls: false }],
    ['rediss://box-7:word@cache', { host: 'cache', port: 6379, db: 0, username: 'box-7', password: 'word', tls: true }],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  test.each([
    'cache:6379',
    'http://cache',
    'redis://',
    'redis:///0',
    'redis://cache:0',
    'redis://cache:65536',
    'redis://cache/latest',
    'redis://cache?db=1',
    'redis://cache#1',
    'redis://:%zz@cache',
    'redis://a cache',
  ])('%s is none', (url) => {
    expect(parseRedisUrl(url)).toBeUndefined();
  });
});
