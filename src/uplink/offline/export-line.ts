/** A record as a line of JSON. */
import type { FrameContent } from '../store/record-frame.ts';
import type { TablePlace } from './places.ts';
import type { Quarantined, QuarantineFacts } from './quarantine-reading.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** `isMended`: one of its bits had turned, and was turned back. */
export function recordLine(where: TablePlace, record: FrameContent, isMended: boolean): string {
  return lineOf({ where, ...fieldsOf(record), ...(isMended ? { mended: true } : {}) }, record.value);
}

/** A record of the quarantine; of one that is damaged beyond mending what could be read, and its bytes. */
export function quarantineLine({ record, isMended }: Quarantined, facts: QuarantineFacts): string {
  const quarantine = { time: facts.at, reason: facts.reason, bytes: facts.length };
  if (record !== undefined) {
    const fields = { where: 'quarantine', ...fieldsOf(record), quarantine, ...(isMended ? { mended: true } : {}) };
    return lineOf(fields, record.value);
  }
  const { seq, topic, key, id, storedAtMs } = facts;
  const time = storedAtMs === undefined ? {} : { time: timeText(storedAtMs) };
  return JSON.stringify({
    ...{ where: 'quarantine', damaged: true, seq, topic, key, id },
    ...time,
    quarantine,
    frameBase64: facts.base64,
  });
}

function fieldsOf({ seq, topic, key, id, urgency, storedAtMs, refusal }: FrameContent): object {
  return {
    ...{ seq, topic, key, id, headers: { id }, urgency, time: timeText(storedAtMs) },
    ...(refusal === undefined
      ? {}
      : { refusal: { code: refusal.code, message: refusal.message, time: timeText(refusal.refusedAtMs) } }),
  };
}

/** The value as it is, where it is JSON on one line: its numbers are not touched. */
function lineOf(fields: object, value: Buffer): string {
  const json = jsonText(value);
  if (json === undefined) return JSON.stringify({ ...fields, valueBase64: value.toString('base64') });
  return `${JSON.stringify(fields).slice(0, -1)},"value":${json}}`;
}

function jsonText(value: Buffer): string | undefined {
  try {
    const text = utf8.decode(value);
    const parsed: unknown = JSON.parse(text);
    return /[\r\n]/.test(text) ? JSON.stringify(parsed) : text;
  } catch {
    return undefined;
  }
}

/** ISO 8601; a stamp that is no time, as damage may leave it, as the number it is. */
function timeText(timeMs: number): string | number {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? timeMs : date.toISOString();
}
