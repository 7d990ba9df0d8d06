import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RoadwatchError } from '../../../src/errors.ts';
import { clientMessages } from '../../../src/server/messages.ts';
import { parseMessage } from '../../../src/server/parse-message.ts';

const rtspUrl = 'rtsp://camera.example/1';

function refusalOf(text: string): RoadwatchError | undefined {
  try {
    parseMessage(text);
    return undefined;
  } catch (error) {
    if (error instanceof RoadwatchError) return error;
    throw error;
  }
}

describe('what is understood', () => {
  test.each([
    ['a message without data, where none is needed', { type: 'ping' }, {}],
    ['a number as id', { type: 'stop_stream', data: { cameraId: 0 } }, { cameraId: 0 }],
    ['text as id', { type: 'start_stream', data: { cameraId: '1', rtspUrl } }, { cameraId: '1', rtspUrl }],
    ['a 64-letter id', { type: 'watch', data: { cameraId: 'x'.repeat(64) } }, { cameraId: 'x'.repeat(64) }],
    ['fields that are not known', { type: 'unwatch', data: { cameraId: 1, later: true }, id: 5 }, { cameraId: 1 }],
  ])('%s', (_, message, data) => {
    expect(parseMessage(JSON.stringify(message))).toEqual({ type: message.type, data });
  });
});

describe('what is refused, naming what was expected', () => {
  test.each([
    ['no JSON', 'hello', 'invalid-message', 'received no JSON'],
    ['an empty text', '', 'invalid-message', 'received no JSON'],
    ['null', 'null', 'invalid-message', 'received null'],
    ['an array', '[]', 'invalid-message', 'received an array'],
    ['a number', '5', 'invalid-message', 'received a number'],
    ['no type', '{}', 'invalid-message', 'to have a type'],
    ['a type that is no text', '{"type":5}', 'invalid-message', 'to have a type'],
    ['an unknown type', '{"type":"reboot"}', 'unknown-type', 'ping, start_stream'],
    ['a name of every object', '{"type":"constructor"}', 'unknown-type', 'received "constructor"'],
    ['data that is no object', '{"type":"watch","data":5}', 'invalid-message', 'watch: data:'],
    ['no id', '{"type":"watch"}', 'invalid-message', 'data.cameraId: expected a number, or 1 to 64 characters'],
    ['an id of another type', '{"type":"watch","data":{"cameraId":true}}', 'invalid-message', 'data.cameraId'],
    ['an empty id', '{"type":"watch","data":{"cameraId":""}}', 'invalid-message', 'data.cameraId'],
    ['an infinite id', '{"type":"watch","data":{"cameraId":1e999}}', 'invalid-message', 'data.cameraId'],
    ['an id with a line end', '{"type":"watch","data":{"cameraId":"a\\nb"}}', 'invalid-message', 'data.cameraId'],
    [
      'no address',
      '{"type":"start_stream","data":{"cameraId":1}}',
      'invalid-message',
      'data.rtspUrl: expected an rtsp',
    ],
    [
      'an address of another type',
      '{"type":"check_camera","data":{"cameraId":1,"rtspUrl":[]}}',
      'invalid-message',
      'data.rtspUrl: expected an rtsp',
    ],
  ])('%s', (_, text, code, words) => {
    expect(refusalOf(text)).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('ids and addresses beyond their length', () => {
    const long = { cameraId: 'x'.repeat(65), rtspUrl: `rtsp://${'x'.repeat(4096)}` };
    const message = refusalOf(JSON.stringify({ type: 'start_stream', data: long }))?.message;
    expect(message).toContain('data.cameraId');
    expect(message).toContain('data.rtspUrl: expected at most 4096 characters');
  });
});

describe('whatever comes', () => {
  const codes = ['invalid-message', 'unknown-type'];

  /** True for a message of a known type; an error of any other kind fails the property. */
  function isUnderstoodOrRefused(text: string): boolean {
    const refusal = refusalOf(text);
    return refusal === undefined || (codes.includes(refusal.code) && refusal.message.length < 1000);
  }

  test('any text is understood, or refused with a code and in few words', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), isUnderstoodOrRefused));
  });

  test('so is any JSON', () => {
    fc.assert(fc.property(fc.json(), isUnderstoodOrRefused));
  });

  test('so is any data of a known type', () => {
    const type = fc.constantFrom(...Object.keys(clientMessages));
    const field = fc.option(fc.oneof(fc.string({ maxLength: 100 }), fc.double(), fc.jsonValue()), { nil: undefined });
    const data = fc.oneof(fc.jsonValue(), fc.record({ cameraId: field, rtspUrl: field }));
    fc.assert(
      fc.property(type, data, (name, value) => isUnderstoodOrRefused(JSON.stringify({ type: name, data: value }))),
    );
  });
});
