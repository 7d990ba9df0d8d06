/** A frame in which one bit has turned: its checksum says which. */
import { checksumAt, checksumBytes, checksumOf, isWhole } from './record-frame.ts';

/** CRC-32 of IEEE 802.3, as zlib has it: bits reversed. Signed, as JavaScript's bit operators are. */
const polynomial = 0xedb88320 | 0;
/** What is larger is not looked through, bit by bit. */
const maxFrameBytes = 16 * 1_048_576;

/**
 * The frame as it was written, where `frame` differs from that in one bit; undefined where more of it is damaged. A CRC is
 * linear: what one bit changes in it depends on the bit's place alone, and no two places are alike in that. Damage of
 * another kind is taken for one bit with a chance of the frame's bits in 2^32: look at what comes out.
 */
export function mendFrame(frame: Buffer): Buffer | undefined {
  if (frame.length < checksumAt + checksumBytes || frame.length > maxFrameBytes) return undefined;
  const mended = Buffer.from(frame);
  const difference = checksumOf(frame) ^ frame.readUInt32LE(checksumAt);
  if (difference !== 0) {
    const bit = isOneBit(difference) ? checksumBit(difference) : coveredBit(difference, frame.length);
    if (bit === undefined) return undefined;
    mended.writeUInt8(mended.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
  }
  return isWhole(mended) ? mended : undefined;
}

/** The bit has turned in the checksum itself. Bits are counted from the frame's first byte, its lowest first. */
function checksumBit(difference: number): number {
  return checksumAt * 8 + 31 - Math.clz32(difference);
}

/** Goes back from the frame's end, undoing the checksum bit by bit, to the place where a turned bit begins such a difference. */
function coveredBit(difference: number, frameBytes: number): number | undefined {
  let state = difference;
  for (let bit = (frameBytes - checksumBytes) * 8 - 1; bit >= 0; bit -= 1) {
    if (state === polynomial) return bit < checksumAt * 8 ? bit : bit + checksumBytes * 8;
    state = state < 0 ? ((state ^ polynomial) << 1) | 1 : state << 1;
  }
  return undefined;
}

function isOneBit(value: number): boolean {
  return (value & (value - 1)) === 0;
}
