/**
 * JSON with pictures in it, as bytes. A picture in Base64 is half a megabyte: as a string it would be made, scanned for
 * what must be escaped, and encoded, each time copying all of it. Here a mark stands in its place until the JSON is
 * made, and its Base64 is written once, into the bytes that are sent.
 */
import { randomUUID } from 'node:crypto';

/** No message contains it by chance, and nobody outside knows it. */
const markHead = `picture-${randomUUID()}-`;
const marks = new RegExp(`${markHead}(\\d+)`);

/** Bytes encoded at a time: a multiple of 3, and a string that is cheap to make and to throw away. */
const chunkBytes = 48 * 1024;

export class PictureText {
  readonly #pictures: Buffer[] = [];

  /** What stands for the picture's Base64 in the value given to `encode`. */
  mark(picture: Buffer): string {
    this.#pictures.push(picture);
    return `${markHead}${this.#pictures.length - 1}`;
  }

  /** The value's JSON in UTF-8, with the pictures in place of their marks. */
  encode(value: unknown): Buffer {
    // Texts and the numbers of pictures by turns.
    const parts = JSON.stringify(value)
      .split(marks)
      .map((part, index) => (index % 2 === 0 ? part : (this.#pictures[Number(part)] as Buffer)));
    const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + lengthBytes(part), 0));
    let at = 0;
    for (const part of parts) at += typeof part === 'string' ? bytes.write(part, at) : writeBase64(part, bytes, at);
    return bytes;
  }
}

function lengthBytes(part: string | Buffer): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : Math.ceil(part.length / 3) * 4;
}

/** Returns how many bytes were written. */
function writeBase64(picture: Buffer, into: Buffer, start: number): number {
  let at = start;
  for (let from = 0; from < picture.length; from += chunkBytes) {
    at += into.write(picture.toString('base64', from, from + chunkBytes), at, 'latin1');
  }
  return at - start;
}
