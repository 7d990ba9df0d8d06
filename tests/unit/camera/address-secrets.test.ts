import { expect, test } from 'vitest';
import { checkSecretsGiven, shownAddress, withKnownSecrets } from '../../../src/camera/address-secrets.ts';

const known = 'rtsp://admin:p@ss/w?rd@10.0.0.5:554/live?channel=1&token=abc#x';

test('an address that comes back as it was shown is the one that is known', () => {
  expect(shownAddress(known)).not.toMatch(/p@ss|abc/);
  for (const address of [
    'rtsp://user:secret@camera.example/live',
    'rtsp://user@camera.example:8554/live/1',
    'rtsps://camera.example/live?user=u&password=secret&channel=1',
    'rtsp://u:p@[fe80::1]:554/live',
    'rtsp://user:se$&cret$1@camera.example/live',
  ]) {
    expect(withKnownSecrets(shownAddress(address), address)).toBe(address);
  }
});

test('another path on the same host keeps the password', () => {
  expect(withKnownSecrets('rtsp://***@Camera.example/stream2', 'rtsp://user:secret@camera.example/stream1')).toBe(
    'rtsp://user:secret@Camera.example/stream2',
  );
  expect(withKnownSecrets('rtsp://camera.example/2?token=***', 'rtsp://camera.example/1?token=abc')).toBe(
    'rtsp://camera.example/2?token=abc',
  );
});

test('an address without *** is taken as it is', () => {
  expect(withKnownSecrets('rtsp://new:one@elsewhere.example/', 'rtsp://user:secret@camera.example/')).toBe(
    'rtsp://new:one@elsewhere.example/',
  );
});

test.each([
  'rtsp://***@attacker.example/stream1',
  'rtsp://***@camera.example:9999/stream1',
  'rtsps://***@camera.example/stream1',
  'rtsp://***@camera.example.attacker.example/',
  'rtsp://***@attacker.example/?@camera.example/',
  '***@camera.example',
  '***',
])('a password never goes elsewhere: %s', (edited) => {
  expect(() => withKnownSecrets(edited, 'rtsp://user:secret@camera.example/stream1')).toThrow(/url: expected/);
});

test('*** for what was never known is refused', () => {
  expect(() => withKnownSecrets('rtsp://camera.example/1?token=***', 'rtsp://camera.example/1')).toThrow(/password/);
  expect(() => checkSecretsGiven('rtsp://***@camera.example/1')).toThrow(/in place of \*\*\*/);
  expect(() => checkSecretsGiven('rtsp://user:secret@camera.example/1')).not.toThrow();
});
