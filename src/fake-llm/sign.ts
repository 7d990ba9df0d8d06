/**
 * A sign in a picture that speaks to the model. So that tests need no model that reads, the text stands in a comment
 * of the JPEG (segment COM, ISO/IEC 10918-1 B.2.4.5), where the fake provider finds and obeys it.
 */

const markerPrefix = 0xff;
const startOfImage = 0xd8;
const startOfScan = 0xda;
const comment = 0xfe;
const startBytes = 2;
const headBytes = 4;
const signPrefix = 'sign:';

/** The picture with a sign that says `text`. */
export function withSign(jpeg: Buffer, text: string): Buffer {
  if (jpeg[0] !== markerPrefix || jpeg[1] !== startOfImage) throw new TypeError('expected a JPEG');
  const words = Buffer.from(signPrefix + text, 'utf8');
  const head = Buffer.from([markerPrefix, comment, 0, 0]);
  head.writeUInt16BE(words.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, startBytes), head, words, jpeg.subarray(startBytes)]);
}

/** What the signs of a picture say; nothing where it has none, or is none. */
export function signIn(jpeg: Buffer): string | undefined {
  let offset = startBytes;
  while (offset + headBytes <= jpeg.length && jpeg[offset] === markerPrefix && jpeg[offset + 1] !== startOfScan) {
    const end = offset + 2 + jpeg.readUInt16BE(offset + 2);
    const words = jpeg.subarray(offset + headBytes, end).toString('utf8');
    if (jpeg[offset + 1] === comment && words.startsWith(signPrefix)) return words.slice(signPrefix.length);
    offset = end;
  }
  return undefined;
}
