import { describe, expect, test } from 'vitest';
import { redactCredentials, redactUrl } from '../../../src/config/redact.ts';

describe('redactUrl', () => {
  test.each([
    ['rtsp://user:secret@10.0.0.9:554/live', 'rtsp://***@10.0.0.9:554/live'],
    ['rtsp://user@host/', 'rtsp://***@host/'],
    ['rtsp://host/live', 'rtsp://host/live'],
    ['rtsp://user:se/cr@et@host/live', 'rtsp://***@host/live'],
    ['rtsp://user:se cret@host/live', 'rtsp://***@host/live'],
    ['rtsp:/user:secret@host', 'rtsp:/***@host'],
    ['user:secret@host', '***@host'],
    ['rtsp://host/live?user=a&password=secret&channel=1', 'rtsp://host/live?user=a&password=***&channel=1'],
  ])('%s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted);
  });
});

describe('redactCredentials', () => {
  test('takes credentials out of each URL of a text and leaves the rest', () => {
    expect(redactCredentials('from rtsp://a:b@h1/x to rtsps://c:d@h2/?token=t, mail me@example.org')).toBe(
      'from rtsp://***@h1/x to rtsps://***@h2/?token=*** mail me@example.org',
    );
  });

  test('takes credentials with escaped quotation marks out of a line of JSON', () => {
    const line = JSON.stringify({ url: 'rtsp://user:se"cr\\et@host/', next: 'a@b' });
    expect(JSON.parse(redactCredentials(line))).toEqual({ url: 'rtsp://***@host/', next: 'a@b' });
  });
});
