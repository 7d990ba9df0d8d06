import type { FramedChange, OutboxDatabase } from './outbox-database.ts';
import { framesIn } from './record-frame.ts';

/** Records of one commit. */
const partBytes = 524_288;

/** A change that is too large for the room that a full disk has left: made in parts, and taken back where one finds none. */
export class SplitChange {
  readonly #parts: readonly FramedChange[];

  constructor({ frames, confirmed, refused }: FramedChange) {
    const removals = { frames: Buffer.alloc(0), confirmed, refused };
    // What is removed makes room for what comes.
    this.#parts = [removals, ...partsOf(frames).map((part) => ({ frames: part, confirmed: [], refused: [] }))];
  }

  /** The seqs of its records; `makeRoom` is called before each part. Where it throws, no record was added. */
  commit(database: OutboxDatabase, makeRoom: (bytes: number) => void): number[] {
    const seqs: number[] = [];
    try {
      for (const part of this.#parts) {
        if (part.frames.length > 0) makeRoom(part.frames.length);
        seqs.push(...database.commit([part]).flat());
      }
      return seqs;
    } catch (error) {
      if (seqs.length > 0) database.commit([{ frames: Buffer.alloc(0), confirmed: seqs, refused: [] }]);
      throw error;
    }
  }
}

function partsOf(frames: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  let at = 0;
  for (const { length } of framesIn(frames)) {
    if (at > start && at + length - start > partBytes) {
      parts.push(frames.subarray(start, at));
      start = at;
    }
    at += length;
  }
  if (start < frames.length) parts.push(frames.subarray(start));
  return parts;
}
