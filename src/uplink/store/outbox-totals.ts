/**
 * What the outbox knows of itself as a whole: one row, rewritten in each commit, so that opening it costs nothing however
 * many records there are. As bytes it is like a record's frame: found by its magic, trusted by its checksum.
 */
import { crc32 } from 'node:zlib';
import { type EvictionCounts, type EvictionReason, evictionReasons } from '../outbox-status.ts';

export const totalsMagic = Buffer.from([0xc1, 0x52, 0x57, 0x53]);
/** Magic, CRC32 of the rest, length of the rest. */
const headBytes = 12;
const maxTextBytes = 65_536;

export interface Totals {
  /** Form of the file, as in `user_version`. */
  form: number;
  /** Grows with each commit: of two, the higher is the newer. */
  commits: number;
  newestSeq: number;
  /** Of the records on disk, dead letters not among them, none is before this one. */
  lowSeq: number;
  records: number;
  bytes: number;
  highRecords: number;
  deadRecords: number;
  deadBytes: number;
  /** No record up to here has a picture left that could go: normal and high. */
  strippedNormal: number;
  strippedHigh: number;
  /** Since the file was begun. */
  evicted: Record<EvictionReason, number>;
  deadDropped: number;
  quarantined: number;
  repairs: number;
  /** A process has the file open, or ended without closing it. */
  isOpen: boolean;
}

export function emptyTotals(form: number): Totals {
  return {
    form,
    commits: 0,
    newestSeq: 0,
    lowSeq: 1,
    records: 0,
    bytes: 0,
    highRecords: 0,
    deadRecords: 0,
    deadBytes: 0,
    strippedNormal: 0,
    strippedHigh: 0,
    evicted: noEvictions(),
    deadDropped: 0,
    quarantined: 0,
    repairs: 0,
    isOpen: false,
  };
}

export function noEvictions(): Record<EvictionReason, number> {
  return Object.fromEntries(evictionReasons.map((reason) => [reason, 0])) as Record<EvictionReason, number>;
}

/** Of each reason the sum, or with `factor` -1 the difference. */
export function addEvictions(one: EvictionCounts, other: EvictionCounts, factor = 1): Record<EvictionReason, number> {
  const sum = noEvictions();
  for (const reason of evictionReasons) sum[reason] = one[reason] + factor * other[reason];
  return sum;
}

export function copyOf(totals: Totals): Totals {
  return { ...totals, evicted: { ...totals.evicted } };
}

export function writeTotals(totals: Totals): Buffer {
  const text = Buffer.from(JSON.stringify(totals));
  const head = Buffer.alloc(headBytes);
  totalsMagic.copy(head);
  head.writeUInt32LE(crc32(text), 4);
  head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, text]);
}

/** The totals that stand there; undefined where they are damaged or none. More may follow them. */
export function readTotals(bytes: Buffer, offset = 0): Totals | undefined {
  if (bytes.length - offset < headBytes || bytes.compare(totalsMagic, 0, 4, offset, offset + 4) !== 0) return undefined;
  const length = bytes.readUInt32LE(offset + 8);
  if (length > maxTextBytes) return undefined;
  const text = bytes.subarray(offset + headBytes, offset + headBytes + length);
  if (text.length !== length || crc32(text) !== bytes.readUInt32LE(offset + 4)) return undefined;
  return JSON.parse(text.toString('utf8')) as Totals;
}
