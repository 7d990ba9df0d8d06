/** The quarantine file, read back: which of its records are whole, or can be made so. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { parseMessage } from '../../bus/check-message.ts';
import { topics } from '../../bus/topics.ts';
import { mendFrame } from '../store/mend-frame.ts';
import { quarantinePath } from '../store/quarantine.ts';
import { contentOf, type FrameContent, isWhole } from '../store/record-frame.ts';

/** What stands in a line; more than these where the record's head could be read. */
const lineSchema = z.object({
  at: z.iso.datetime(),
  reason: z.string(),
  length: z.int().min(0),
  base64: z.string(),
  seq: z.number().exactOptional(),
  storedAtMs: z.number().exactOptional(),
  topic: z.string().exactOptional(),
  key: z.string().exactOptional(),
  id: z.string().exactOptional(),
});

export type QuarantineFacts = z.output<typeof lineSchema>;

export interface Quarantined {
  /** The line as it stands there. */
  readonly text: string;
  /** Undefined where the line is none of ours, or was torn. */
  readonly facts?: QuarantineFacts;
  /** The record, where its checksum is right. */
  readonly record?: FrameContent;
  /** One bit of the record had turned, and was turned back. */
  readonly isMended: boolean;
}

/** The files that there are, the older one first. */
export function quarantineFiles(databasePath: string): string[] {
  const path = quarantinePath(databasePath);
  return [`${path}.1`, path].filter((file) => existsSync(file));
}

/** How many records are there, and what their files take. */
export function quarantineSums(databasePath: string): { readonly records: number; readonly bytes: number } {
  let records = 0;
  let bytes = 0;
  for (const file of quarantineFiles(databasePath)) {
    records += linesOf(file).length;
    bytes += statSync(file).size;
  }
  return { records, bytes };
}

/** Each line of a file, which is bounded: see `Quarantine`. */
export function* quarantinedIn(file: string): Generator<Quarantined> {
  for (const text of linesOf(file)) yield quarantinedOf(text);
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function quarantinedOf(text: string): Quarantined {
  const parsed = lineSchema.safeParse(parseJson(text));
  if (!parsed.success) return { text, isMended: false };
  const facts = parsed.data;
  const bytes = Buffer.from(facts.base64, 'base64');
  if (isWhole(bytes)) return { text, facts, record: contentOf(bytes), isMended: false };
  const record = mendedRecord(bytes);
  return { text, facts, ...(record === undefined ? {} : { record }), isMended: record !== undefined };
}

/** What was mended must hold a message of its topic, besides. */
function mendedRecord(bytes: Buffer): FrameContent | undefined {
  const frame = mendFrame(bytes);
  if (frame === undefined) return undefined;
  const record = contentOf(frame);
  if (!Object.hasOwn(topics, record.topic)) return undefined;
  try {
    parseMessage(record.topic, record.value);
    return record;
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
