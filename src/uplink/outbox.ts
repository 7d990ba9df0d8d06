/** The durable outbox: what is sent is on disk first, and leaves it when the broker has it. */
import type { OutgoingRecord, RecordSender, RecordUrgency } from '../bus/outgoing-record.ts';
import { RoadwatchError } from '../errors.ts';
import { withinLimit } from '../time/within-limit.ts';
import { Departures } from './departures.ts';
import { DiskWriter } from './disk-writer.ts';
import { bytesOf, type Entry } from './entry.ts';
import { type Backlog, Lanes } from './lanes.ts';
import { Link } from './link.ts';
import { LiveCount } from './live-count.ts';
import { OutboxLines } from './outbox-lines.ts';
import type { OutboxOptions } from './outbox-options.ts';
import type { EvictionCounts, OutboxStatus } from './outbox-status.ts';
import type { OutboxStore } from './store/outbox-store.ts';

const defaultCloseLimitMs = 400;
/** What is with the sender may arrive yet before the outbox closes: it would be sent again. */
const arrivalShare = 0.4;
/** Records too old are looked for this often. */
const pruneMs = 60_000;
/** Records that are through and that the disk does not let go of: with more, none is read from it. */
const maxRemovals = 20_000;

/**
 * `send` resolves when the record is on disk, or where the disk takes nothing, when the broker has it; it rejects with
 * `outbox-overrun` where neither takes it and newer ones need its room, and with `sender-closed` after close(). It never
 * waits for the link. Records go to the sender in the order in which they came, until a backlog is long (lanes.ts). Each
 * comes off the disk when the sender has brought it to the broker; what a crash catches in between goes again, with the
 * same id. Memory is bounded whatever the backlog is. Runs on the event loop, which never waits for the disk.
 */
export class Outbox implements RecordSender {
  readonly #options: OutboxOptions;
  readonly #store: OutboxStore;
  readonly #lines: OutboxLines;
  readonly #link: Link;
  readonly #writer: DiskWriter;
  readonly #departures: Departures;
  readonly #lanes: Lanes;
  readonly #live = new LiveCount();
  /** Records on disk that are on their way, or through and not off the disk yet: by `seq`, without what they hold. */
  readonly #taken = new Map<number, RecordUrgency>();
  readonly #givenUp = { overrun: 0, 'disk-full': 0 };
  #refused = 0;
  #repairs: number;
  #cancelPrune: () => void = () => {};
  /** Nothing is accepted and nothing departs any more. */
  #isClosing = false;
  #closed: Promise<void> | undefined;

  /** The store is closed with the outbox. `openOutbox()` opens both. */
  constructor(options: OutboxOptions, store: OutboxStore) {
    const { clock, random, sender, lines, settings } = options;
    this.#options = options;
    this.#store = store;
    this.#repairs = store.counts().repairs;
    this.#lines = new OutboxLines(lines, settings, store.counts());
    this.#link = new Link({ clock, random, onWorking: () => this.#linkWorks(), onTry: () => this.#pump() });
    this.#writer = new DiskWriter({
      store,
      clock,
      onStored: (entries, wasFailing) => this.#stored(entries, wasFailing),
      onRemoved: (seqs) => this.#removed(seqs),
      onState: (state) => {
        this.#lines.disk(state);
        this.#pump();
      },
      onUnstorable: ({ record, owner }, error) => {
        this.#lines.unstorable(record, error);
        owner?.giveUp(error as Error);
      },
      onOverrun: (entry, reason) => this.#giveUp(entry, reason),
    });
    this.#departures = new Departures({
      sender,
      link: this.#link,
      onArrived: (entry) => this.#arrived(entry),
      onReady: () => this.#pump(),
    });
    this.#lanes = new Lanes({
      store,
      clock,
      random,
      drainPerSecond: settings.drainMessagesPerSecond,
      isTaken: (seq) => this.#taken.has(seq),
      onReady: () => this.#pump(),
      onFault: (error) => this.#lines.readFault(error),
      onBacklog: (isLong) => this.#lines.backlog(isLong, store.counts().records),
    });
    this.#pruneLater();
    this.#pump();
  }

  send(record: OutgoingRecord): Promise<void> {
    if (this.#isClosing) return Promise.reject(closedError(record));
    return new Promise((accept, giveUp) => {
      const owner = { accept, giveUp };
      this.#writer.add({ record, bytes: bytesOf(record), pace: 'live', seq: undefined, state: 'unsent', owner });
      if (this.#writer.state.state !== 'ok') this.#pump();
    });
  }

  status(): OutboxStatus {
    const { clock } = this.#options;
    const counts = this.#store.counts();
    return {
      depth: counts.records,
      bytes: counts.bytes,
      fileBytes: counts.fileBytes,
      oldestAgeMs: counts.oldestStoredAtMs === undefined ? 0 : Math.max(0, clock.nowMs() - counts.oldestStoredAtMs),
      lanes: this.#laneDepths(),
      waiting: this.#writer.waiting,
      inFlight: this.#departures.underWay,
      sent: this.#departures.confirmed,
      evicted: this.#evicted(),
      deadLetters: { ...counts.deadLetters, refused: this.#refused },
      quarantined: counts.quarantined,
      repairs: counts.repairs,
      link: this.#link.state,
      disk: this.#writer.state.state === 'ok' ? this.#lanes.reading : this.#writer.state,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Lets go what may go. */
  #pump(): void {
    if (this.#isClosing) return;
    // One that came back goes first, then what is on disk, then what the disk does not take.
    while (this.#departures.isOpen) {
      const entry = this.#departures.nextAgain() ?? this.#nextStored() ?? this.#nextUnstored();
      if (entry === undefined) return;
      if (entry.seq !== undefined) this.#taken.set(entry.seq, entry.record.urgency);
      this.#departures.depart(entry);
    }
  }

  #nextStored(): Entry | undefined {
    if (this.#writer.removals >= maxRemovals) return undefined;
    const entry = this.#lanes.take((pace) => this.#departures.hasRoom(pace));
    this.#live.restartAt(this.#lanes.boundary);
    return entry;
  }

  #nextUnstored(): Entry | undefined {
    if (!this.#departures.hasRoom('live')) return undefined;
    return this.#lanes.isLiveEmpty || this.#writer.removals >= maxRemovals ? this.#writer.nextUnstored() : undefined;
  }

  #stored(entries: readonly Entry[], wasFailing: boolean): void {
    for (const entry of entries) {
      if (entry.seq !== undefined) this.#storedAs(entry, entry.seq);
    }
    const { repairs } = this.#store.counts();
    if (wasFailing || repairs !== this.#repairs) this.#lanes.readAgain();
    this.#repairs = repairs;
    this.#measure();
    this.#lines.counts(this.#store.counts());
    this.#pump();
  }

  #storedAs(entry: Entry, seq: number): void {
    const { record, state, refusal, owner } = entry;
    this.#live.add(seq, record.urgency, 1);
    if (state !== 'unsent') this.#taken.set(seq, record.urgency);
    this.#lanes.add(entry, seq);
    owner?.accept();
    // The disk took nothing while it went, and has it now that it is through.
    if (state === 'confirmed' || state === 'refused') this.#writer.remove(seq, refusal);
  }

  #removed(seqs: readonly number[]): void {
    for (const seq of seqs) {
      const urgency = this.#taken.get(seq) ?? 'normal';
      this.#taken.delete(seq);
      this.#live.add(seq, urgency, -1);
    }
  }

  #arrived(entry: Entry): void {
    const { seq, owner, refusal } = entry;
    if (refusal !== undefined) {
      this.#refused += 1;
      this.#lines.refused(entry.record, refusal);
    }
    if (seq !== undefined) this.#writer.remove(seq, refusal);
    else if (refusal === undefined) {
      this.#writer.forget(entry);
      owner?.accept();
    }
  }

  #giveUp({ record, owner }: Entry, reason: 'overrun' | 'disk-full'): void {
    this.#givenUp[reason] += 1;
    this.#lines.givenUp(reason);
    const why = reason === 'overrun' ? 'the disk is too slow' : 'the disk takes nothing, and the broker is away';
    owner?.giveUp(new RoadwatchError('outbox-overrun', `${record.id} for ${record.topic} is given up: ${why}`));
  }

  #linkWorks(): void {
    this.#lanes.linkIsBack(this.#backlog());
    this.#live.restartAt(this.#lanes.boundary);
  }

  #measure(): void {
    if (this.#link.state.state === 'connected') this.#lanes.measure(this.#backlog(), this.#live.records);
    this.#live.restartAt(this.#lanes.boundary);
  }

  #backlog(): Backlog {
    const { records, bytes } = this.#store.counts();
    return { records: records - this.#writer.removals, bytes };
  }

  #laneDepths(): OutboxStatus['lanes'] {
    const { records, highRecords } = this.#store.counts();
    if (!this.#lanes.isSplit) return { high: 0, live: records, backlog: 0 };
    const live = Math.min(records, this.#live.records);
    const high = Math.min(records - live, Math.max(0, highRecords - this.#live.high));
    return { high, live, backlog: records - live - high };
  }

  #evicted(): EvictionCounts {
    const { evicted } = this.#store.counts();
    return {
      ...evicted,
      overrun: evicted.overrun + this.#givenUp.overrun,
      'disk-full': evicted['disk-full'] + this.#givenUp['disk-full'],
    };
  }

  #pruneLater(): void {
    const { clock } = this.#options;
    this.#cancelPrune = clock.after(pruneMs, async () => {
      // A disk that fails is told of by the writer.
      await this.#store.prune(clock.nowMs()).catch(() => {});
      this.#lines.counts(this.#store.counts());
      if (!this.#isClosing) this.#pruneLater();
    });
  }

  async #close(): Promise<void> {
    const { clock, closeLimitMs = defaultCloseLimitMs } = this.#options;
    this.#isClosing = true;
    this.#cancelPrune();
    this.#lanes.close();
    const endMs = clock.monotonicMs() + closeLimitMs;
    await withinLimit(this.#settle(closeLimitMs * arrivalShare), closeLimitMs, clock);
    this.#link.close();
    for (const entry of this.#writer.close()) this.#abandon(entry);
    await withinLimit(this.#store.close(), Math.max(0, endMs - clock.monotonicMs()), clock);
  }

  /** What is to be written is; and what is on its way to a broker that answers has a moment to arrive. */
  async #settle(arrivalLimitMs: number): Promise<void> {
    await this.#writer.flush();
    if (this.#link.state.state !== 'connected' || this.#departures.underWay === 0) return;
    await withinLimit(this.#departures.allBack(), arrivalLimitMs, this.#options.clock);
    await this.#writer.flush();
  }

  #abandon(entry: Entry): void {
    if (entry.state === 'confirmed') return;
    this.#givenUp['disk-full'] += 1;
    this.#lines.givenUp('disk-full');
    entry.owner?.giveUp(closedError(entry.record));
  }
}

function closedError({ id, topic }: OutgoingRecord): RoadwatchError {
  return new RoadwatchError('sender-closed', `${id} for ${topic} is not kept: the outbox is closed`);
}
