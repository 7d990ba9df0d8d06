/** Opens the outbox's file, whatever state it is in. */
import { existsSync, statSync } from 'node:fs';
import { setAside } from '../../sqlite/set-aside.ts';
import { storeError } from '../../sqlite/store-error.ts';
import type { StoreFault } from '../../sqlite/worker-messages.ts';
import type { Clock } from '../../time/clock.ts';
import { OutboxDatabase } from './outbox-database.ts';
import type { Totals } from './outbox-totals.ts';
import { Quarantine } from './quarantine.ts';
import type { WorkerStart } from './worker-messages.ts';

/** How its errors call it. */
export const storeName = 'outbox';
/** After an unclean end a file up to this size is read once as a whole, to find damage before it spreads. */
const maxCheckedBytes = 256 * 1_048_576;

export class OutboxOpener {
  readonly #start: WorkerStart;
  readonly #clock: Clock;
  readonly #onTrouble: (trouble: StoreFault) => void;
  readonly #quarantine: Quarantine;

  constructor(start: WorkerStart, clock: Clock, onTrouble: (trouble: StoreFault) => void) {
    this.#start = start;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#quarantine = new Quarantine(start.path);
  }

  open(): { readonly database: OutboxDatabase; readonly atStart: Totals } {
    try {
      return this.#openAsIs();
    } catch (error) {
      if (storeError(error, this.#start.path, storeName).code !== 'store-damaged') throw error;
      this.repair(error, 0);
      return this.#openAsIs();
    }
  }

  repair(error: unknown, _newestSeq: number): void {
    const { path } = this.#start;
    const { message: reason } = storeError(error, path, storeName);
    const aside = setAside(path, this.#clock.nowMs());
    this.#onTrouble({ code: 'store-damaged', message: `${reason}; it was put aside as ${aside}, and a new one begun` });
  }

  close(): void {}

  #openAsIs() {
    const { path, limits } = this.#start;
    const database = new OutboxDatabase(path, {
      limits,
      clock: this.#clock,
      onDamaged: (records) => {
        for (const { bytes } of records) this.#quarantine.add(bytes, 'its checksum is wrong', this.#clock.nowMs());
      },
    });
    try {
      const atStart = { ...database.totals };
      if (database.wasLeftOpen && existsSync(path) && statSync(path).size <= maxCheckedBytes) database.file.check();
      database.markOpen();
      return { database, atStart };
    } catch (error) {
      database.file.close();
      throw error;
    }
  }
}
