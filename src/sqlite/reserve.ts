import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Room for the log to be brought into the file, which is what frees the log's own room. */
const reserveBytes = 4 * 1_048_576;
/** On a disk with less room than this nothing is put by. */
const ampleBytes = 32 * 1_048_576;

/**
 * Some room on the disk that is put by in good times. Where a disk is full, not even a removal can be written down: the
 * reserve then makes room for that.
 */
export class Reserve {
  readonly #path: string;

  /** `databasePath`: the reserve lies beside it. */
  constructor(databasePath: string) {
    this.#path = `${databasePath}-reserve`;
  }

  /** Puts the room by, where it is not yet and the disk has plenty; false where it has not. */
  fill(): boolean {
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.size === reserveBytes) return true;
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < ampleBytes) return false;
      const file = openSync(this.#path, 'w', 0o600);
      writeSync(file, Buffer.alloc(reserveBytes));
      fsyncSync(file);
      closeSync(file);
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
}
