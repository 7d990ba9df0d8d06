import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Room for the log to be brought into the file, which is what frees the log's own room. */
const usualBytes = 4 * 1_048_576;
/** On a disk with less room than this nothing is put by. */
const ampleBytes = 32 * 1_048_576;
const partBytes = 1_048_576;

/**
 * Some room on the disk that is put by in good times. Where a disk is full, not even a removal can be written down: the
 * reserve then makes room for that.
 */
export class Reserve {
  readonly #path: string;
  readonly #bytes: number;

  /** `databasePath`: the reserve lies beside it. `bytes`: at least what its log may grow to. */
  constructor(databasePath: string, bytes = usualBytes) {
    this.#path = `${databasePath}-reserve`;
    this.#bytes = bytes;
  }

  /** Puts the room by, where it is not yet and the disk has plenty; false where it has not. */
  fill(): boolean {
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.size === this.#bytes) return true;
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < Math.max(ampleBytes, 2 * this.#bytes)) return false;
      this.#write();
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  /** Gives the room back to the disk. */
  release(): void {
    rmSync(this.#path, { force: true });
  }

  #write(): void {
    const file = openSync(this.#path, 'w', 0o600);
    try {
      const part = Buffer.alloc(partBytes);
      for (let at = 0; at < this.#bytes; at += partBytes) writeSync(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
