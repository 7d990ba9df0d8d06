/**
 * Does what the store's worker is asked for, a batch at a time: all alerts of a batch go into one commit. Opens the file
 * when it is first needed and, where that fails, again a little later; a damaged file is put aside and begun anew.
 */
import { existsSync, statSync } from 'node:fs';
import { PatientOpening } from '../../sqlite/patient-opening.ts';
import { Reserve } from '../../sqlite/reserve.ts';
import { setAside, wasLeftOpen } from '../../sqlite/set-aside.ts';
import { storeError } from '../../sqlite/store-error.ts';
import type { Clock } from '../../time/clock.ts';
import { AlertDatabase, maxPictureBytes, type SavedAlert, type StoreStats } from './alert-database.ts';
import type { StoreAnswer, StoreRequest, StoreSetAside, WorkerStart } from './worker-messages.ts';

/** How its errors call it. */
const storeName = 'alert history';
/** After an unclean end a file up to this size is read once as a whole, to find damage before it spreads. */
const maxCheckedBytes = 256 * 1_048_576;
/** What is over the limit goes after each batch; the file itself may never be larger than this, as a factor. */
const maxOvershoot = 2;
/** Pictures of one commit, in base64: the log stays small. */
const maxCommitBytes = 1_048_576;
/** Rounds of one call to prune: the rest waits for the next. */
const maxPruneRounds = 50;

type SaveRequest = Extract<StoreRequest, { name: 'save' }>;

export class StoreKeeper {
  readonly #start: WorkerStart;
  readonly #clock: Clock;
  readonly #onSetAside: (message: StoreSetAside) => void;
  readonly #reserve: Reserve;
  readonly #opening: PatientOpening;
  #database: AlertDatabase | undefined;

  constructor(start: WorkerStart, clock: Clock, onSetAside: (message: StoreSetAside) => void) {
    this.#start = start;
    this.#clock = clock;
    this.#onSetAside = onSetAside;
    this.#reserve = new Reserve(start.path);
    this.#opening = new PatientOpening(clock);
  }

  /** Throws RoadwatchError, see `storeError`. */
  open(): AlertDatabase {
    return (
      this.#database ??
      this.#opening.attempt(
        () => {
          this.#database = this.#openOrReplace();
          this.#fillReserve(this.#database);
          return this.#database;
        },
        (error) => storeError(error, this.#start.path, storeName),
      )
    );
  }

  /** Answers all requests, in their order; alerts among them share a commit. */
  handle(requests: readonly StoreRequest[]): StoreAnswer[] {
    const answers: StoreAnswer[] = [];
    let saves: SaveRequest[] = [];
    let bytes = 0;
    const commit = () => {
      if (saves.length > 0) answers.push(...this.#save(saves));
      saves = [];
      bytes = 0;
    };
    for (const request of requests) {
      if (request.name === 'save') {
        saves.push(request);
        bytes += request.given.picture?.length ?? 0;
        if (bytes >= maxCommitBytes) commit();
        continue;
      }
      commit();
      answers.push(this.#answer([request.id], () => this.#do(request))[0] as StoreAnswer);
    }
    commit();
    return answers;
  }

  #save(requests: readonly SaveRequest[]): StoreAnswer[] {
    const answers = this.#saveTogether(requests, { hopeless: false });
    this.#keepInBounds();
    return answers;
  }

  /** In one commit; where the disk has no room for that, in smaller ones, for which the oldest make room. */
  #saveTogether(requests: readonly SaveRequest[], disk: { hopeless: boolean }): StoreAnswer[] {
    const saved = requests.map(({ given }) => savedAlert(given));
    const answers = this.#answer(
      requests.map(({ id }) => id),
      () => this.open().save(saved),
    );
    if (disk.hopeless || !answers.some(isDiskFull)) return answers;
    if (requests.length === 1) return this.#saveInSpiteOfAll(requests, disk);
    const half = Math.ceil(requests.length / 2);
    return [...this.#saveTogether(requests.slice(0, half), disk), ...this.#saveTogether(requests.slice(half), disk)];
  }

  /** On a full disk: makes room of the log, then of the reserve and the oldest alerts. */
  #saveInSpiteOfAll(requests: readonly SaveRequest[], disk: { hopeless: boolean }): StoreAnswer[] {
    let answers: StoreAnswer[] = [];
    for (const makeRoom of [() => this.open().shrinkLog(), () => this.#letOldestGo()]) {
      answers = this.#answer(
        requests.map(({ id }) => id),
        () => {
          makeRoom();
          this.open().save(requests.map(({ given }) => savedAlert(given)));
        },
      );
      if (!answers.some(isDiskFull)) return answers;
    }
    disk.hopeless = true;
    return answers;
  }

  #letOldestGo(): void {
    const database = this.open();
    if (!database.growth.isAllowed && this.#fillReserve(database)) return;
    this.#reserve.release();
    database.shrinkLog();
    database.makeRoom();
    database.growth.stop();
  }

  /** What was saved is saved, whatever comes of this: the next `prune` tells of a fault. */
  #keepInBounds(): void {
    try {
      this.#prune(this.#clock.nowMs(), 1);
    } catch {}
  }

  #do(request: Exclude<StoreRequest, SaveRequest>): unknown {
    switch (request.name) {
      case 'find':
        return this.open().find(request.given.id);
      case 'picture':
        return this.open().picture(request.given.id);
      case 'list':
        return this.open().list(request.given.filter, request.given.limit, request.given.after);
      case 'seenSince':
        return this.open().seenSince(request.given.sinceMs);
      case 'prune':
        this.#fillReserve(this.open());
        return this.#prune(request.given.nowMs, maxPruneRounds);
      case 'close':
        this.#database?.close();
        this.#database = undefined;
        return undefined;
    }
  }

  /** A part at a time, so that new alerts don't wait long; the result is how many have gone. */
  #prune(nowMs: number, rounds: number): number {
    let removed = 0;
    for (let round = 0; round < rounds; round += 1) {
      const gone = this.open().prune(this.#start.limits, nowMs);
      if (gone === 0) break;
      removed += gone;
    }
    return removed;
  }

  /** The same answer for all these requests; a damaged file is replaced and the call made once more. */
  #answer(ids: readonly number[], call: () => unknown): StoreAnswer[] {
    try {
      const answer = this.#withReplacement(call);
      const stats = this.#stats();
      return ids.map((id) => ({ id, answer, stats }));
    } catch (error) {
      const { code, message } = storeError(error, this.#start.path, storeName);
      return ids.map((id) => ({ id, fault: { code, message } }));
    }
  }

  #withReplacement(call: () => unknown): unknown {
    try {
      return call();
    } catch (error) {
      if (storeError(error, this.#start.path, storeName).code !== 'store-damaged') throw error;
      this.#database?.close();
      this.#database = undefined;
      this.#replace(error);
      return call();
    }
  }

  /** True where the disk has room again: then the file may grow as well. */
  #fillReserve(database: AlertDatabase): boolean {
    if (this.#start.path === ':memory:' || !this.#reserve.fill()) return false;
    database.growth.allow();
    return true;
  }

  #openOrReplace(): AlertDatabase {
    const { path, limits } = this.#start;
    const options = { maxFileBytes: limits.maxBytes * maxOvershoot };
    const suspect = wasLeftOpen(path) && existsSync(path) && statSync(path).size <= maxCheckedBytes;
    let database: AlertDatabase | undefined;
    try {
      database = new AlertDatabase(path, options);
      if (suspect) database.check();
      return database;
    } catch (error) {
      database?.close();
      if (storeError(error, path, storeName).code !== 'store-damaged') throw error;
      this.#replace(error);
      return new AlertDatabase(path, options);
    }
  }

  #replace(error: unknown): void {
    const { path } = this.#start;
    const { message: reason } = storeError(error, path, storeName);
    this.#onSetAside({ setAside: { path: setAside(path, this.#clock.nowMs()), reason } });
  }

  #stats(): StoreStats {
    return this.#database?.stats() ?? { alerts: 0, sizeBytes: 0 };
  }
}

function isDiskFull(answer: StoreAnswer): boolean {
  return 'fault' in answer && answer.fault.code === 'disk-full';
}

function savedAlert({ alert, picture }: SaveRequest['given']): SavedAlert {
  const jpeg = picture === undefined ? undefined : Buffer.from(picture, 'base64');
  return jpeg === undefined || jpeg.length > maxPictureBytes ? { alert } : { alert, picture: jpeg };
}
