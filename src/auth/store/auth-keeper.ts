/** Does what the store's worker is asked for; a damaged file is put aside and begun anew, and the new one remembers that. */
import { existsSync, statSync } from 'node:fs';
import { errorCode } from '../../errors.ts';
import { PatientOpening } from '../../sqlite/patient-opening.ts';
import { setAside, wasLeftOpen } from '../../sqlite/set-aside.ts';
import { storeError } from '../../sqlite/store-error.ts';
import type { Clock } from '../../time/clock.ts';
import type { AuthRecords } from '../auth-change.ts';
import { AuthDatabase, storeName } from './auth-database.ts';
import type { StoreAnswer, StoreRequest, WorkerStart } from './worker-messages.ts';

export class AuthKeeper {
  readonly #start: WorkerStart;
  readonly #clock: Clock;
  readonly #onTrouble: (message: string) => void;
  readonly #opening: PatientOpening;
  #database: AuthDatabase | undefined;

  constructor(start: WorkerStart, clock: Clock, onTrouble: (message: string) => void) {
    this.#start = start;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#opening = new PatientOpening(clock);
  }

  /** Throws RoadwatchError, see `storeError`. */
  open(): AuthDatabase {
    this.#database ??= this.#opening.attempt(
      () => this.#openOrReplace(),
      (error) => storeError(error, this.#start.path, storeName),
    );
    return this.#database;
  }

  handle(requests: readonly StoreRequest[]): StoreAnswer[] {
    return requests.map((request) => {
      try {
        return { id: request.id, answer: this.#do(request), stats: undefined };
      } catch (error) {
        const { code, message } = storeError(error, this.#start.path, storeName);
        return { id: request.id, fault: { code, message } };
      }
    });
  }

  #do(request: StoreRequest): unknown {
    switch (request.name) {
      case 'load':
        return this.#load();
      case 'changedElsewhere':
        return this.open().changedElsewhere();
      case 'write':
        this.open().write(request.given.changes, request.given.audit);
        return undefined;
      case 'audit':
        return this.open().audit(request.given.limit, request.given.before);
      case 'close':
        this.#database?.close();
        this.#database = undefined;
        return undefined;
    }
  }

  /** Where there is no file and none can be made, there are no accounts: that is sure, and no reason to let nobody in. */
  #load(): AuthRecords {
    try {
      return this.open().load();
    } catch (error) {
      if (!isAbsent(this.#start.path)) throw error;
      return { accounts: [], sessions: [], tokens: [], deviceKey: '', isReplacement: false };
    }
  }

  #openOrReplace(): AuthDatabase {
    const { path, maxAuditEntries } = this.#start;
    const suspect = existsSync(path) && wasLeftOpen(path);
    let database: AuthDatabase | undefined;
    try {
      database = new AuthDatabase(path, maxAuditEntries);
      if (suspect) database.check();
      return database;
    } catch (error) {
      database?.close();
      const fault = storeError(error, path, storeName);
      if (fault.code !== 'store-damaged') throw error;
      const nowMs = this.#clock.nowMs();
      const aside = setAside(path, nowMs);
      this.#onTrouble(`${fault.message}; it was put aside as ${aside}, and a new one begun, without accounts`);
      const replacement = new AuthDatabase(path, maxAuditEntries);
      replacement.markReplacement(nowMs);
      return replacement;
    }
  }
}

function isAbsent(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}
