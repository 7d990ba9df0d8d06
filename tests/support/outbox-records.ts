/** Records for tests of the outbox's store. */
import type { OutgoingRecord, RecordUrgency } from '../../src/bus/outgoing-record.ts';
import { contentOf, type FrameContent } from '../../src/uplink/store/record-frame.ts';

/** A result, without pictures, whose value is so long. */
export function resultRecord(id: string, bytes = 100, urgency: RecordUrgency = 'normal'): OutgoingRecord {
  return {
    topic: 'risk-assessment-results',
    key: `camera-${id.length % 3}`,
    value: Buffer.from(id.padEnd(bytes, '.')),
    id,
    urgency,
  };
}

/** A detection with one picture of so many base64 digits. */
export function pictureRecord(id: string, digits = 2000, urgency: RecordUrgency = 'normal'): OutgoingRecord {
  const message = { requestId: id, groupImages: [{ groupIndex: 1, imageBase64: 'A'.repeat(digits) }], imageWidth: 640 };
  return { topic: 'detection-results', key: 'camera-1', value: Buffer.from(JSON.stringify(message)), id, urgency };
}

export { framesOf } from '../../src/uplink/store/record-frame.ts';

export function contentsOf(frames: readonly Uint8Array[]): FrameContent[] {
  return frames.map((frame) => contentOf(Buffer.from(frame.buffer, frame.byteOffset, frame.length)));
}
