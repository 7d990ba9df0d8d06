import { expect, test } from 'vitest';
import { parsePictureFrame } from '../../../web/src/connection/picture-frame.ts';

function frame(head: string, jpeg: readonly number[], headLength = Buffer.byteLength(head)): ArrayBuffer {
  const bytes = Buffer.alloc(4 + Buffer.byteLength(head) + jpeg.length);
  bytes.writeUInt32BE(headLength);
  bytes.write(head, 4);
  bytes.set(jpeg, 4 + Buffer.byteLength(head));
  return new Uint8Array(bytes).buffer;
}

test('the head and the picture are told apart, also behind letters of several bytes', () => {
  const head = { cameraId: '路口', timestamp: '2026-11-24T12:00:00.000Z', kind: 'raw', mime: 'image/jpeg' };
  const parsed = parsePictureFrame(frame(JSON.stringify(head), [0xff, 0xd8, 1]));
  expect(parsed?.head).toEqual(head);
  expect([...(parsed?.jpeg ?? [])]).toEqual([0xff, 0xd8, 1]);
});

test('what is no picture frame is left alone', () => {
  expect(parsePictureFrame(new ArrayBuffer(3))).toBeUndefined();
  expect(parsePictureFrame(frame('{}', [1, 2], 1000))).toBeUndefined();
  expect(parsePictureFrame(frame('{', [1, 2]))).toBeUndefined();
});
