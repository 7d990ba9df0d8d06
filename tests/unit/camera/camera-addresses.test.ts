import { describe, expect, test } from 'vitest';
import { CameraAddresses, type Lookup } from '../../../src/camera/camera-addresses.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { ManualClock } from '../../../src/time/clock.ts';

const names: Record<string, readonly string[]> = {
  'gate.example': ['192.168.1.10'],
  'six.example': ['fd00::10'],
  'cloud.example': ['169.254.169.254'],
  'both.example': ['203.0.113.5', '192.168.1.11'],
};

function addresses(source: object = {}, lookUp?: Lookup, clock = new ManualClock()): CameraAddresses {
  const ask: Lookup = async (name) => names[name] ?? Promise.reject(new Error('no such name'));
  return new CameraAddresses(configSchema.parse({ source }).source, clock, lookUp ?? ask);
}

async function pin(url: string, source: object = {}): Promise<string> {
  return addresses(source).pin(url);
}

describe('a camera is connected by', () => {
  test.each([
    ['the address that it was given', 'rtsp://192.168.1.10:8554/a', 'rtsp://192.168.1.10:8554/a'],
    ['that of its name', 'rtsp://gate.example/a?b=c', 'rtsp://192.168.1.10/a?b=c'],
    ['with its password, whatever is in it', 'rtsp://u:p@ss@gate.example:554/', 'rtsp://u:p@ss@192.168.1.10:554/'],
    ['an IPv6 address in brackets', 'rtsps://six.example/a', 'rtsps://[fd00::10]/a'],
    ['this machine, which may play a file', 'rtsp://127.0.0.1:8554/a', 'rtsp://127.0.0.1:8554/a'],
    ['what is no RTSP address and for the engine to refuse', 'http://gate.example/', 'http://gate.example/'],
  ])('%s', async (_, url, expected) => {
    expect(await pin(url)).toBe(expected);
  });
});

describe('refused is', () => {
  test.each([
    ['what clouds tell of themselves', 'rtsp://169.254.169.254/latest', {}, 'address-not-allowed'],
    ['the same by a name', 'rtsp://cloud.example/', {}, 'address-not-allowed'],
    ['the same as IPv4 in IPv6', 'rtsp://[::ffff:169.254.169.254]/', {}, 'address-not-allowed'],
    ['the same with a zone', 'rtsp://[fe80::1%25eth0]/', {}, 'address-not-allowed'],
    ['a group', 'rtsp://239.0.0.1/', {}, 'address-not-allowed'],
    ['nowhere', 'rtsp://0.0.0.0/', {}, 'address-not-allowed'],
    [
      'what is not in a network that is allowed',
      'rtsp://203.0.113.5/',
      { allowedNetworks: ['192.168.0.0/16'] },
      'address-not-allowed',
    ],
    [
      'a host that is hidden behind a password',
      'rtsp://192.168.1.10@203.0.113.5/',
      { allowedNetworks: ['192.168.0.0/16'] },
      'address-not-allowed',
    ],
    ['a scheme that is not allowed', 'rtsp://gate.example/', { allowedSchemes: ['rtsps'] }, 'scheme-refused'],
    ['what the engine’s two clients would read differently', 'rtsp://192.168.1.10:80:90/', {}, 'bad-url'],
    ['a name that is none', 'rtsp://nowhere.example/', {}, 'unreachable'],
  ])('%s', async (_, url, source, code) => {
    await expect(pin(url, source)).rejects.toMatchObject({ code });
  });
});

test('of a name’s addresses one that is allowed is taken', async () => {
  expect(await pin('rtsp://both.example/', { allowedNetworks: ['192.168.0.0/16'] })).toBe('rtsp://192.168.1.11/');
});

test('networks that are named count in place of the usual ones', async () => {
  expect(await pin('rtsp://169.254.10.1/', { allowedNetworks: ['169.254.10.0/24'] })).toBe('rtsp://169.254.10.1/');
});

test('a name that leads elsewhere a moment later changes nothing, for an hour', async () => {
  const clock = new ManualClock();
  let address = '192.168.1.10';
  const known = addresses({}, async () => [address], clock);
  expect(await known.pin('rtsp://gate.example/')).toBe('rtsp://192.168.1.10/');
  address = '192.168.1.66';
  expect(known.pin('rtsp://GATE.example/')).toBe('rtsp://192.168.1.10/');
  clock.advance(3_600_000);
  expect(await known.pin('rtsp://gate.example/')).toBe('rtsp://192.168.1.66/');
});
