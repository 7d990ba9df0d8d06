/** The real store without its worker and without a disk; commits wait or fail where a test wants that. */
import type { Alert } from '../../src/alert/alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../../src/alert/alert-filter.ts';
import { AlertDatabase, type StoreStats } from '../../src/alert/store/alert-database.ts';
import type { AlertStore } from '../../src/alert/store/alert-store.ts';

export class MemoryAlertStore implements AlertStore {
  readonly database = new AlertDatabase(':memory:');
  /** What every call is refused with, while it is set. */
  fault: Error | undefined;
  /** What saves alone are refused with. */
  saveFault: Error | undefined;
  /** Whether commits wait for `commit()`. */
  holdCommits = false;
  readonly #held: (() => void)[] = [];
  saves = 0;

  get waiting(): number {
    return this.#held.length;
  }

  /** Lets the commits go that wait. */
  async commit(): Promise<void> {
    for (const go of this.#held.splice(0)) go();
    await settled();
  }

  async save(alert: Alert, picture?: string): Promise<void> {
    this.saves += 1;
    if (this.holdCommits) await new Promise<void>((go) => this.#held.push(go));
    this.#check(this.saveFault);
    this.database.save([picture === undefined ? { alert } : { alert, picture: Buffer.from(picture, 'base64') }]);
  }

  async find(id: string): Promise<Alert | undefined> {
    this.#check();
    return this.database.find(id);
  }

  async picture(id: string): Promise<Uint8Array | undefined> {
    this.#check();
    return this.database.picture(id);
  }

  async list(filter: AlertFilter, limit: number, after?: AlertCursor): Promise<AlertPage> {
    this.#check();
    return this.database.list(filter, limit, after);
  }

  async seenSince(sinceMs: number): Promise<readonly Alert[]> {
    this.#check();
    return this.database.seenSince(sinceMs);
  }

  async prune(): Promise<number> {
    this.#check();
    return 0;
  }

  stats(): StoreStats {
    return this.database.stats();
  }

  async close(): Promise<void> {
    this.database.close();
  }

  #check(other?: Error): void {
    const fault = this.fault ?? other;
    if (fault) throw fault;
  }
}

/** Resolves when everything that is due at once has been done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
