/**
 * Does what the outbox's worker is asked for, a batch at a time: all commits that wait go into one. Opens the file when it is
 * first needed and, where that fails, again a little later; a damaged file is repaired, and the call made once more.
 */
import { PatientOpening } from '../../sqlite/patient-opening.ts';
import { Reserve } from '../../sqlite/reserve.ts';
import { storeError } from '../../sqlite/store-error.ts';
import type { StoreFault } from '../../sqlite/worker-messages.ts';
import type { Clock } from '../../time/clock.ts';
import type { FramedChange, OutboxDatabase } from './outbox-database.ts';
import { OutboxOpener, storeName } from './outbox-opener.ts';
import type { DeadLetter, DeadLetterQuery, OutboxCounts } from './outbox-store.ts';
import { addEvictions, type Totals } from './outbox-totals.ts';
import { contentOf, isWhole } from './record-frame.ts';
import { SplitChange } from './split-change.ts';
import type { OutboxAnswer, OutboxRequest, WorkerStart } from './worker-messages.ts';

/** Records of one commit, unless it is one change: with what the log may hold besides, less than the reserve. */
const maxCommitBytes = 8 * 1_048_576;
const reserveBytes = 16 * 1_048_576;
/** On a full disk, let go of in one commit: it needs room itself. */
const freedAtOnceBytes = 1_048_576;
/** Let go of beyond what the change needs, so that the next one finds room. */
const spareBytes = 1_048_576;
const maxRoomRounds = 64;

type CommitRequest = Extract<OutboxRequest, { name: 'commit' }>;

export class OutboxKeeper {
  readonly #start: WorkerStart;
  readonly #opener: OutboxOpener;
  readonly #reserve: Reserve;
  readonly #opening: PatientOpening;
  #database: OutboxDatabase | undefined;
  /** What the file said when this worker opened it first. */
  #atStart: Totals | undefined;

  /** `onTrouble`: told of a damaged file and what became of it. */
  constructor(start: WorkerStart, clock: Clock, onTrouble: (trouble: StoreFault) => void) {
    this.#start = start;
    this.#opener = new OutboxOpener(start, clock, onTrouble);
    this.#reserve = new Reserve(start.path, reserveBytes);
    this.#opening = new PatientOpening(clock);
  }

  /** Throws RoadwatchError, see `storeError`. */
  open(): OutboxDatabase {
    return (
      this.#database ??
      this.#opening.attempt(
        () => {
          const { database, atStart } = this.#opener.open();
          this.#database = database;
          this.#atStart ??= atStart;
          this.#fillReserve(database);
          return database;
        },
        (error) => storeError(error, this.#start.path, storeName),
      )
    );
  }

  /** Answers all requests, in their order; commits that follow each other are one. */
  handle(requests: readonly OutboxRequest[]): OutboxAnswer[] {
    const answers: OutboxAnswer[] = [];
    let commits: CommitRequest[] = [];
    let bytes = 0;
    const commit = () => {
      if (commits.length > 0) answers.push(...this.#commitTogether(commits, { isHopeless: false }));
      commits = [];
      bytes = 0;
    };
    for (const request of requests) {
      const adds = request.name === 'commit' ? request.given.frames.length : 0;
      if (request.name !== 'commit' || bytes + adds > maxCommitBytes) commit();
      if (request.name === 'commit') {
        commits.push(request);
        bytes += adds;
      } else {
        answers.push(this.#answer([request.id], () => [this.#do(request)])[0] as OutboxAnswer);
      }
    }
    commit();
    return answers;
  }

  stats(): OutboxCounts | undefined {
    const counts = this.#database?.counts();
    const start = this.#atStart;
    if (counts === undefined || start === undefined) return undefined;
    return {
      ...counts,
      evicted: addEvictions(counts.evicted, start.evicted, -1),
      deadLetters: { ...counts.deadLetters, dropped: counts.deadLetters.dropped - start.deadDropped },
      quarantined: counts.quarantined - start.quarantined,
      repairs: counts.repairs - start.repairs,
    };
  }

  transferable(answer: unknown): ArrayBuffer[] {
    if (!Array.isArray(answer)) return [];
    return answer.flatMap((part) => (part instanceof Uint8Array && isAlone(part) ? part.buffer : []));
  }

  /** In one commit; where the disk has no room for that, in smaller ones, for which the oldest make room. */
  #commitTogether(requests: readonly CommitRequest[], disk: { isHopeless: boolean }): OutboxAnswer[] {
    const answers = this.#answer(idsOf(requests), () => this.open().commit(requests.map(changeOf)));
    if (disk.isHopeless || !answers.some(isFault)) return answers;
    // A change that can never be made must not take the others with it.
    const isWorthIt = answers.some((answer) => hasCode(answer, 'disk-full') || hasCode(answer, 'record-refused'));
    if (!isWorthIt) return answers;
    if (requests.length === 1) {
      return answers.some((answer) => hasCode(answer, 'disk-full'))
        ? this.#commitInSpiteOfAll(requests, disk)
        : answers;
    }
    const half = Math.ceil(requests.length / 2);
    return [
      ...this.#commitTogether(requests.slice(0, half), disk),
      ...this.#commitTogether(requests.slice(half), disk),
    ];
  }

  /** On a full disk: makes room of the log, then of the reserve and the oldest records, then writes a part at a time. */
  #commitInSpiteOfAll(requests: readonly CommitRequest[], disk: { isHopeless: boolean }): OutboxAnswer[] {
    const changes = requests.map(changeOf);
    const bytes = changes.reduce((sum, { frames }) => sum + frames.length, 0);
    const attempts = [
      () => {
        this.open().file.shrinkLog();
        return this.open().commit(changes);
      },
      () => {
        this.#letOldestGo(bytes);
        return this.open().commit(changes);
      },
      () => changes.map((change) => new SplitChange(change).commit(this.open(), (needed) => this.#letOldestGo(needed))),
    ];
    let answers: OutboxAnswer[] = [];
    for (const attempt of attempts) {
      answers = this.#answer(idsOf(requests), attempt);
      if (!answers.some((answer) => hasCode(answer, 'disk-full'))) return answers;
    }
    disk.isHopeless = true;
    return answers;
  }

  #letOldestGo(bytes: number): void {
    const database = this.open();
    if (!database.file.growth.isAllowed && this.#fillReserve(database)) return;
    this.#reserve.release();
    database.file.shrinkLog();
    const wanted = bytes + spareBytes;
    for (let round = 0; round < maxRoomRounds && database.file.freeBytes < wanted; round += 1) {
      if (database.makeRoom(freedAtOnceBytes, 'disk-full') === 0) break;
      database.file.shrinkLog();
    }
    database.file.growth.stop();
  }

  #do(request: Exclude<OutboxRequest, CommitRequest>): unknown {
    switch (request.name) {
      case 'read':
        return this.open().read(request.given);
      case 'prune':
        this.#fillReserve(this.open());
        this.open().prune(request.given.nowMs);
        return undefined;
      case 'deadLetters':
        return this.#deadLetters(request.given);
      case 'replay':
        return this.open().replay(request.given);
      case 'close':
        this.#database?.close();
        this.#database = undefined;
        this.#opener.close();
        return undefined;
    }
  }

  #deadLetters({ afterSeq, maxRecords, ...selection }: DeadLetterQuery): DeadLetter[] {
    const database = this.open();
    return database
      .deadLetters(selection, afterSeq, maxRecords)
      .map((row) => ({ ...row, ...describedDead(database.frame(row.seq)) }));
  }

  /** An answer to each of these requests; a damaged file is repaired and the call made once more. */
  #answer(ids: readonly number[], call: () => readonly unknown[]): OutboxAnswer[] {
    try {
      const answers = this.#withRepair(call);
      const stats = this.stats();
      return ids.map((id, index) => ({ id, answer: answers[index], ...(stats && { stats }) }) as OutboxAnswer);
    } catch (error) {
      const { code, message } = storeError(error, this.#start.path, storeName);
      const stats = this.#statsAfterFault();
      return ids.map((id) => ({ id, fault: { code, message }, ...(stats && { stats }) }));
    }
  }

  /** What was let go of is counted, whatever came of the rest. */
  #statsAfterFault(): OutboxCounts | undefined {
    try {
      return this.stats();
    } catch {
      return undefined;
    }
  }

  #withRepair<Result>(call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      if (storeError(error, this.#start.path, storeName).code !== 'store-damaged') throw error;
      const newestSeq = this.#database?.totals.newestSeq ?? 0;
      this.#database?.file.close();
      this.#database = undefined;
      this.#opener.repair(error, newestSeq);
      return call();
    }
  }

  /** True where the disk has room again: then the file may grow as well. */
  #fillReserve(database: OutboxDatabase): boolean {
    if (!this.#reserve.fill()) return false;
    database.file.growth.allow();
    return true;
  }
}

function idsOf(requests: readonly CommitRequest[]): number[] {
  return requests.map(({ id }) => id);
}

function changeOf({ given: { frames, confirmed, refused } }: CommitRequest): FramedChange {
  return { frames: Buffer.from(frames.buffer, frames.byteOffset, frames.length), confirmed, refused };
}

function isFault(answer: OutboxAnswer): boolean {
  return 'fault' in answer;
}

function hasCode(answer: OutboxAnswer, code: string): boolean {
  return 'fault' in answer && answer.fault.code === code;
}

function describedDead(frame: Buffer) {
  if (!isWhole(frame)) return { key: '', id: '', message: 'damaged on the disk' };
  const { key, id, refusal } = contentOf(frame);
  return { key, id, message: refusal?.message ?? '' };
}

/** Whether nothing else lies in its memory. */
function isAlone(part: Uint8Array): part is Uint8Array<ArrayBuffer> {
  return part.buffer instanceof ArrayBuffer && part.byteLength === part.buffer.byteLength;
}
