import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PictureText } from '../../../src/server/picture-text.ts';

test('is the JSON that would have been made with the pictures as Base64 strings', () => {
  const json = fc.jsonValue();
  const jpegs = fc.array(fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)));
  fc.assert(
    fc.property(json, jpegs, json, (before, pictures, after) => {
      const text = new PictureText();
      const value = (encode: (picture: Buffer) => string) => ({ before, pictures: pictures.map(encode), after });
      const encoded = text.encode(value((picture) => text.mark(picture)));
      expect(encoded.toString()).toBe(JSON.stringify(value((picture) => picture.toString('base64'))));
    }),
  );
});

test.each([0, 1, 2, 3, 49_151, 49_152, 49_153, 200_000])('writes a picture of %i bytes whole', (length) => {
  const picture = Buffer.from(Array.from({ length }, (_, index) => index * 7));
  const text = new PictureText();
  const encoded = text.encode({ name: '门口 "é"', picture: `data:image/jpeg;base64,${text.mark(picture)}` });
  const { name, picture: uri } = JSON.parse(encoded.toString());
  expect(name).toBe('门口 "é"');
  expect(uri).toBe(`data:image/jpeg;base64,${picture.toString('base64')}`);
});
