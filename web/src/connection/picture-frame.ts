import type { PictureHead } from '../../../src/server/messages.ts';

const headLengthBytes = 4;

export interface PictureFrame {
  readonly head: PictureHead;
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** A binary frame: length of the head (u32, big-endian), the head as JSON, the JPEG. Undefined when it is none. */
export function parsePictureFrame(buffer: ArrayBuffer): PictureFrame | undefined {
  if (buffer.byteLength < headLengthBytes) return undefined;
  const headLength = new DataView(buffer).getUint32(0);
  if (headLengthBytes + headLength > buffer.byteLength) return undefined;
  try {
    const head = JSON.parse(
      new TextDecoder().decode(new Uint8Array(buffer, headLengthBytes, headLength)),
    ) as PictureHead;
    return { head, jpeg: new Uint8Array(buffer, headLengthBytes + headLength) };
  } catch {
    return undefined;
  }
}
