import { expect, test } from 'vitest';
import { knownDevice, newDevice } from '../../../src/auth/device-cookie.ts';

const key = Buffer.alloc(32, 7);

test('a browser that has logged in is known for that account, and by our own word alone', () => {
  const cookie = newDevice(key, 'anna');
  expect(knownDevice(key, 'anna', cookie)).toMatch(/^[\w-]{12}$/);
  expect(knownDevice(key, 'boris', cookie)).toBeUndefined();
  expect(knownDevice(Buffer.alloc(32, 8), 'anna', cookie)).toBeUndefined();
  expect(knownDevice(key, 'anna', cookie.replace(/~\w/, '~_'))).toBeUndefined();
  expect(knownDevice(key, 'anna', '')).toBeUndefined();
  expect(newDevice(key, 'anna')).not.toBe(cookie);
});
