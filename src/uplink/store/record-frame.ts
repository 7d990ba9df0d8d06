/**
 * A record as bytes that describe themselves: found anywhere in a file by their first four, and known to be whole by their
 * checksum. So a record can be had back from a file that SQLite gives up on (src/uplink/salvage). Little endian:
 *
 * | at | bytes | |
 * |---|---|---|
 * | 0 | 4 | magic; 0xc1 is in no UTF-8 |
 * | 4 | 1 | form: 1 |
 * | 5 | 1 | flags: 1 high urgency, 2 dead letter |
 * | 6 | 2 | length of the topic |
 * | 8 | 4 | CRC32 of all but these four bytes |
 * | 12 | 4 | length of the frame |
 * | 16 | 8 | seq |
 * | 24 | 8 | when it was taken, UTC milliseconds |
 * | 32 | 8 | no record before this seq was on disk any more when this one was written |
 * | 40 | 2, 2, 4 | lengths of key, id, and the refusal of a dead letter (JSON) |
 * | 48 | | topic, key, id, refusal, value |
 */
import { crc32 } from 'node:zlib';
import type { OutgoingRecord } from '../../bus/outgoing-record.ts';
import type { Topic } from '../../bus/topics.ts';
import { RoadwatchError } from '../../errors.ts';
import type { StoredRecord } from './outbox-store.ts';

export const frameMagic = Buffer.from([0xc1, 0x52, 0x57, 0x4f]);
export const frameHeadBytes = 48;
const form = 1;
const highFlag = 1;
const deadFlag = 2;
export const checksumAt = 8;
export const checksumBytes = 4;
const lengthAt = 12;
const maxNameBytes = 65_535;
/** SQLite takes a billion; what is larger than this came from nobody. */
const maxFrameBytes = 512 * 1_048_576;

/** Why a record is a dead letter. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** UTC milliseconds. */
  readonly refusedAtMs: number;
}

/** What the store itself puts into a frame. */
export interface FrameStamp {
  readonly seq: number;
  readonly storedAtMs: number;
  readonly lowSeq: number;
}

export interface FrameHead extends FrameStamp {
  readonly isHigh: boolean;
  readonly isDead: boolean;
  readonly frameBytes: number;
  readonly topicBytes: number;
  readonly keyBytes: number;
  readonly idBytes: number;
  readonly refusalBytes: number;
}

export interface FrameContent extends StoredRecord {
  readonly refusal?: Refusal;
}

/** How long the frame of a record is. Throws `record-refused` where it cannot be one. */
export function frameLength({ topic, key, id, value }: OutgoingRecord, refusalBytes = 0): number {
  const names = { topic, key, id };
  let length = frameHeadBytes + refusalBytes + value.length;
  for (const [name, text] of Object.entries(names)) {
    const bytes = Buffer.byteLength(text);
    if (bytes > maxNameBytes) {
      throw new RoadwatchError('record-refused', `${name}: expected at most ${maxNameBytes} bytes, received ${bytes}`);
    }
    length += bytes;
  }
  if (length <= maxFrameBytes) return length;
  throw new RoadwatchError('record-refused', `${id}: expected at most ${maxFrameBytes} bytes, received ${length}`);
}

/**
 * Writes a record's frame to `target` at `offset`, without stamp and checksum: see `stampFrame`. The result is where it
 * ends.
 */
export function writeFrame(target: Buffer, offset: number, record: OutgoingRecord, refusal?: Refusal): number {
  const why = refusal === undefined ? '' : JSON.stringify(refusal);
  let at = offset + frameHeadBytes;
  const topicBytes = target.write(record.topic, at);
  at += topicBytes;
  const keyBytes = target.write(record.key, at);
  at += keyBytes;
  const idBytes = target.write(record.id, at);
  at += idBytes;
  const refusalBytes = target.write(why, at);
  at += refusalBytes;
  at += record.value.copy(target, at);
  frameMagic.copy(target, offset);
  target[offset + 4] = form;
  target[offset + 5] = (record.urgency === 'high' ? highFlag : 0) | (refusal === undefined ? 0 : deadFlag);
  target.writeUInt16LE(topicBytes, offset + 6);
  target.writeUInt32LE(at - offset, offset + lengthAt);
  target.fill(0, offset + 16, offset + 40);
  target.writeUInt16LE(keyBytes, offset + 40);
  target.writeUInt16LE(idBytes, offset + 42);
  target.writeUInt32LE(refusalBytes, offset + 44);
  return at;
}

/** Puts the stamp and the checksum into a frame. */
export function stampFrame(frame: Buffer, { seq, storedAtMs, lowSeq }: FrameStamp): void {
  frame.writeDoubleLE(seq, 16);
  frame.writeDoubleLE(storedAtMs, 24);
  frame.writeDoubleLE(lowSeq, 32);
  frame.writeUInt32LE(checksumOf(frame), checksumAt);
}

/** A whole frame, stamped. */
export function frameOf(record: OutgoingRecord, stamp: FrameStamp, refusal?: Refusal): Buffer {
  const refusalBytes = refusal === undefined ? 0 : Buffer.byteLength(JSON.stringify(refusal));
  const frame = Buffer.allocUnsafeSlow(frameLength(record, refusalBytes));
  writeFrame(frame, 0, record, refusal);
  stampFrame(frame, stamp);
  return frame;
}

/** The frames of these records one behind the other, without stamps, in memory of their own. Throws `record-refused`. */
export function framesOf(records: readonly OutgoingRecord[]): Buffer<ArrayBuffer> {
  const frames = Buffer.from(new ArrayBuffer(records.reduce((sum, record) => sum + frameLength(record), 0)));
  let at = 0;
  for (const record of records) at = writeFrame(frames, at, record);
  return frames;
}

/** The frames that lie one behind the other. Throws `record-refused` where they end inside one. */
export function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + lengthAt);
    if (length === 0 || at + length > bytes.length) {
      throw new RoadwatchError(
        'record-refused',
        `expected whole records, received ${bytes.length} bytes that end inside one`,
      );
    }
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return frames;
}

/** What stands at the head of a frame; undefined where there is none, or nonsense. `bytes` may end behind the head. */
export function frameHead(bytes: Buffer, offset = 0): FrameHead | undefined {
  if (bytes.length - offset < frameHeadBytes || bytes.compare(frameMagic, 0, 4, offset, offset + 4) !== 0)
    return undefined;
  const flags = bytes[offset + 5] as number;
  const head = {
    isHigh: (flags & highFlag) !== 0,
    isDead: (flags & deadFlag) !== 0,
    topicBytes: bytes.readUInt16LE(offset + 6),
    frameBytes: bytes.readUInt32LE(offset + lengthAt),
    seq: bytes.readDoubleLE(offset + 16),
    storedAtMs: bytes.readDoubleLE(offset + 24),
    lowSeq: bytes.readDoubleLE(offset + 32),
    keyBytes: bytes.readUInt16LE(offset + 40),
    idBytes: bytes.readUInt16LE(offset + 42),
    refusalBytes: bytes.readUInt32LE(offset + 44),
  };
  const least = frameHeadBytes + head.topicBytes + head.keyBytes + head.idBytes + head.refusalBytes;
  const isSane = bytes[offset + 4] === form && head.frameBytes >= least && head.frameBytes <= maxFrameBytes;
  return isSane && Number.isSafeInteger(head.seq) && head.seq > 0 ? head : undefined;
}

/** Whether it is a frame, whole and as it was written. */
export function isWhole(frame: Buffer): boolean {
  const head = frameHead(frame);
  return head?.frameBytes === frame.length && frame.readUInt32LE(checksumAt) === checksumOf(frame);
}

/** What a whole frame holds. The value lies in the frame's memory. */
export function contentOf(frame: Buffer): FrameContent {
  const head = frameHead(frame);
  if (head === undefined) throw new RoadwatchError('store-damaged', 'expected a record, found none');
  let at = frameHeadBytes;
  const text = (bytes: number) => {
    at += bytes;
    return frame.toString('utf8', at - bytes, at);
  };
  // The order matters: it is that of the bytes.
  const topic = text(head.topicBytes) as Topic;
  const key = text(head.keyBytes);
  const id = text(head.idBytes);
  const why = text(head.refusalBytes);
  return {
    seq: head.seq,
    storedAtMs: head.storedAtMs,
    topic,
    key,
    id,
    urgency: head.isHigh ? 'high' : 'normal',
    value: frame.subarray(at),
    ...(head.isDead ? { refusal: refusalOf(why) } : {}),
  };
}

function refusalOf(text: string): Refusal {
  return JSON.parse(text) as Refusal;
}

/** Of all of a frame but the checksum itself. */
export function checksumOf(frame: Buffer): number {
  return crc32(frame.subarray(checksumAt + checksumBytes), crc32(frame.subarray(0, checksumAt)));
}
