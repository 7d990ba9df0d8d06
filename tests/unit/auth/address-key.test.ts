import { expect, test } from 'vitest';
import { addressKey, isThisMachine } from '../../../src/auth/address-key.ts';

test.each([
  ['192.0.2.7', '192.0.2.7', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['::ffff:127.0.0.1', '127.0.0.1', true],
  ['0000:0000:0000:0000:0000:ffff:c000:0207', '192.0.2.7', false],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '0:0:0:0::/64', true],
  ['::1', '0:0:0:0::/64', true],
  ['2001:db8:1:2::5', '2001:db8:1:2::/64', false],
  ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64', false],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', false],
])('%s counts as %s; this machine: %s', (address, key, own) => {
  expect(addressKey(address)).toBe(key);
  expect(isThisMachine(address)).toBe(own);
});
