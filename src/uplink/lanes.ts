import type { Clock } from '../time/clock.ts';
import type { Random } from '../time/random.ts';
import { failingDisk } from './disk-state.ts';
import { DrainPace } from './drain-pace.ts';
import type { Entry, Pace } from './entry.ts';
import { FreshRecords } from './fresh-records.ts';
import { Lane } from './lane.ts';
import type { DiskState } from './outbox-status.ts';
import type { OutboxStore } from './store/outbox-store.ts';

/**
 * A backlog that is drained within this time, and is no larger than this, goes in one order: nobody would gain much by
 * what overtakes, and readers have each camera's messages as they were made.
 */
const shortBacklogMs = 5000;
const shortBacklogBytes = 32 * 1_048_576;
/** However slow the pace: what a healthy link has under way is no backlog. */
const leastShortBacklog = 200;
/** A pace is looked at no more often than this. */
const paceStepMs = 10;

export interface LanesOptions {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly drainPerSecond: number;
  /** Whether a record is on its way already, or is through and not off the disk yet. */
  readonly isTaken: (seq: number) => boolean;
  /** There may be something to take. */
  readonly onReady: () => void;
  /** Records could not be read. */
  readonly onFault: (error: unknown) => void;
  /** A long backlog is there, or what there was of it has been sent. */
  readonly onBacklog: (isLong: boolean) => void;
}

/** Of records that are on disk and not through. */
export interface Backlog {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Which record goes next. While the backlog is short there is one lane, in the order in which records came. A long one that
 * is there at the start, or when the link works, is split at a boundary: up to it, what shows a high risk goes first and then the rest, both at a measured pace; what came
 * after it is `live` and goes between the two, at once. Within a lane the order is kept. When the link comes back, and
 * when what is live becomes a backlog itself, the boundary moves to the newest record; when nothing is left before it, there
 * is one lane again. Each record belongs to one lane at any moment, and moves only into one that has not come to it yet.
 */
export class Lanes {
  readonly #options: LanesOptions;
  readonly #fresh: FreshRecords;
  readonly #live: Lane;
  readonly #high: Lane;
  readonly #rest: Lane;
  readonly #pace: DrainPace;
  readonly #shortRecords: number;
  /** What came up to here is drained; undefined while there is one lane. */
  #boundary: number | undefined;
  #cancelPace: (() => void) | undefined;
  #reading: DiskState = { state: 'ok' };

  constructor(options: LanesOptions) {
    this.#options = options;
    const { store, clock, random, drainPerSecond, isTaken, onReady } = options;
    const { newestSeq, ...all } = store.counts();
    const lane = (pace: Pace, urgency?: 'high' | 'normal') =>
      new Lane(
        {
          store,
          clock,
          pace,
          ...(urgency === undefined ? {} : { urgency }),
          isTaken,
          onRead: () => this.#onRead(),
          onFault: (error) => this.#onFault(error),
          onRetry: onReady,
        },
        0,
      );
    this.#fresh = new FreshRecords(newestSeq);
    this.#live = lane('live');
    this.#high = lane('drained', 'high');
    this.#rest = lane('drained', 'normal');
    this.#pace = new DrainPace(drainPerSecond, clock, random);
    this.#shortRecords = Math.max(leastShortBacklog, (drainPerSecond * shortBacklogMs) / 1000);
    if (isLong(all, this.#shortRecords)) this.#split();
  }

  /** Whether there is a long backlog. */
  get isSplit(): boolean {
    return this.#boundary !== undefined;
  }

  /** Whether the disk gave what it was asked for last. */
  get reading(): DiskState {
    return this.#reading;
  }

  /** Records up to this one are drained; 0 while there is one lane. */
  get boundary(): number {
    return this.#boundary ?? 0;
  }

  /** A record is on disk now, and may go unless it does already. */
  add(entry: Entry, seq: number): void {
    this.#fresh.add(entry, seq);
  }

  /** How much waits while the link works; `live` is what came after the boundary. */
  measure(all: Backlog, live: number): void {
    if (this.#boundary === undefined) {
      if (isLong(all, this.#shortRecords)) this.#split();
    } else if (live > this.#shortRecords) {
      this.#moveBoundary();
    }
  }

  /** The link works again, and so much has piled up. */
  linkIsBack(all: Backlog): void {
    if (this.#boundary !== undefined) {
      this.#moveBoundary();
      this.#pace.restart();
    } else if (isLong(all, this.#shortRecords)) {
      this.#split();
    }
  }

  /** What is on disk may differ from what is known here: it is read anew, and what is under way is left out. */
  readAgain(): void {
    this.#fresh.forget(this.#options.store.counts().newestSeq);
    if (this.#boundary === undefined) {
      this.#live.moveTo(0);
      return;
    }
    this.#high.moveTo(0);
    this.#rest.moveTo(0);
    this.#moveBoundary();
  }

  /** The next record to go; of each pace only where there is room. */
  take(hasRoom: (pace: Pace) => boolean): Entry | undefined {
    if (this.#boundary === undefined) return hasRoom('live') ? this.#takeLive() : undefined;
    return (
      this.#takeDrained(this.#high, hasRoom) ??
      (hasRoom('live') ? this.#takeLive() : undefined) ??
      this.#takeRest(hasRoom)
    );
  }

  /** Whether nothing of what is on disk waits to be taken as live. */
  get isLiveEmpty(): boolean {
    return this.#live.cursor >= this.#fresh.newestSeq;
  }

  close(): void {
    this.#cancelPace?.();
  }

  #takeLive(): Entry | undefined {
    const read = this.#live.take(this.#fresh.afterSeq);
    if (read !== undefined || this.#live.cursor < this.#fresh.afterSeq) return read;
    const entry = this.#fresh.take();
    if (entry?.seq !== undefined) this.#live.moveTo(entry.seq);
    return entry;
  }

  #takeRest(hasRoom: (pace: Pace) => boolean): Entry | undefined {
    const boundary = this.boundary;
    if (this.#high.cursor >= boundary && this.#rest.cursor >= boundary) {
      this.#join();
      return this.take(hasRoom);
    }
    // What is urgent is being read.
    if (this.#high.cursor < boundary) return undefined;
    return this.#takeDrained(this.#rest, hasRoom);
  }

  #takeDrained(lane: Lane, hasRoom: (pace: Pace) => boolean): Entry | undefined {
    if (lane.cursor >= this.boundary || !hasRoom('drained')) return undefined;
    if (!this.#pace.isOpen) {
      this.#waitForPace();
      return undefined;
    }
    const entry = lane.take(this.boundary);
    if (entry !== undefined) this.#pace.spend();
    return entry;
  }

  #waitForPace(): void {
    this.#cancelPace ??= this.#options.clock.after(Math.max(paceStepMs, this.#pace.waitMs), () => {
      this.#cancelPace = undefined;
      this.#options.onReady();
    });
  }

  #split(): void {
    this.#boundary = this.#fresh.newestSeq;
    // Up to its cursor all is taken.
    this.#high.moveTo(this.#live.cursor);
    this.#rest.moveTo(this.#live.cursor);
    this.#startLive();
    this.#pace.restart();
    this.#options.onBacklog(true);
  }

  #moveBoundary(): void {
    this.#boundary = this.#fresh.newestSeq;
    this.#startLive();
  }

  /** Live is what comes from now on. */
  #startLive(): void {
    this.#fresh.forget(this.#fresh.newestSeq);
    this.#live.moveTo(this.#fresh.newestSeq);
  }

  #join(): void {
    this.#boundary = undefined;
    this.#options.onBacklog(false);
  }

  #onRead(): void {
    this.#reading = { state: 'ok' };
    this.#options.onReady();
  }

  /** Where the disk cannot be read, what is new goes on from memory. */
  #onFault(error: unknown): void {
    this.#reading = failingDisk(this.#reading, error, this.#options.clock.nowMs());
    this.#options.onFault(error);
    if (this.#boundary === undefined) this.#split();
    else if (this.#live.cursor < this.#fresh.afterSeq) this.#moveBoundary();
    this.#options.onReady();
  }
}

function isLong({ records, bytes }: Backlog, shortRecords: number): boolean {
  return records > shortRecords || bytes > shortBacklogBytes;
}
