import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mendFrame } from '../../../../src/uplink/store/mend-frame.ts';
import { frameOf } from '../../../../src/uplink/store/record-frame.ts';
import { pictureRecord } from '../../../support/outbox-records.ts';

const stamp = { seq: 7, storedAtMs: Date.UTC(2025, 0, 1), lowSeq: 3 };

function turned(frame: Buffer, ...bits: readonly number[]): Buffer {
  const damaged = Buffer.from(frame);
  for (const bit of bits) damaged.writeUInt8(damaged.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
  return damaged;
}

test('a frame is mended wherever one bit of it has turned', () => {
  const frame = frameOf(pictureRecord('a', 40), stamp);
  for (let bit = 0; bit < frame.length * 8; bit += 1)
    expect(mendFrame(turned(frame, bit))?.equals(frame), `bit ${bit}`).toBe(true);
});

test('a large one is, too', () => {
  const frame = frameOf({ ...pictureRecord('a'), value: randomBytes(1_000_000) }, stamp);
  for (const bit of [0, 95, 96, 4_000_001, frame.length * 8 - 1]) {
    expect(mendFrame(turned(frame, bit))?.equals(frame), `bit ${bit}`).toBe(true);
  }
});

test('one that is whole is left as it is', () => {
  const frame = frameOf(pictureRecord('a'), stamp);
  expect(mendFrame(frame)).toEqual(frame);
});

test('nothing is made of one with more damage, or that is none', () => {
  const frame = frameOf(pictureRecord('a', 40), stamp);
  const bit = fc.integer({ min: 0, max: frame.length * 8 - 1 });
  fc.assert(
    fc.property(fc.uniqueArray(bit, { minLength: 2, maxLength: 3 }), (bits) => {
      expect(mendFrame(turned(frame, ...bits))).toBeUndefined();
    }),
    { seed: 1, numRuns: 2000 },
  );
  expect(mendFrame(frame.subarray(0, -1))).toBeUndefined();
  expect(mendFrame(Buffer.alloc(0))).toBeUndefined();
  expect(mendFrame(Buffer.alloc(100))).toBeUndefined();
});
