/** What the outbox says in the log. */
import type { OutgoingRecord } from '../bus/outgoing-record.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { Refusal } from './entry.ts';
import type { OutboxOptions, OutboxSettings } from './outbox-options.ts';
import { type DiskState, type EvictionReason, evictionReasons } from './outbox-status.ts';
import type { OutboxCounts } from './store/outbox-store.ts';

/** Why messages are gone, in words. */
const reasons: Readonly<Record<EvictionReason, string>> = {
  pictures: 'messages lost their pictures, to make room for newer ones (uplink.maxMegabytes)',
  quota: 'messages are given up, to make room for newer ones (uplink.maxMegabytes)',
  age: 'messages are given up: they are too old (uplink.maxAgeHours)',
  corrupt: 'messages are gone: damaged on the disk',
  'disk-full': 'messages are given up: the disk takes nothing',
  overrun: 'messages are given up: the disk is too slow',
};

export class OutboxLines {
  readonly #lines: OutboxOptions['lines'];
  readonly #settings: OutboxSettings;
  #counts: OutboxCounts;
  #disk: DiskState['state'] = 'ok';

  constructor(lines: OutboxOptions['lines'], settings: OutboxSettings, counts: OutboxCounts) {
    this.#lines = lines;
    this.#settings = settings;
    this.#counts = counts;
  }

  /** Once when the disk begins to fail, and once when it works again. */
  disk(state: DiskState): void {
    if (state.state === this.#disk) return;
    this.#disk = state.state;
    if (state.state === 'ok') {
      this.#lines.write('info', 'outbox disk ok', {}, 'the outbox is written again');
      return;
    }
    const { code, message } = state;
    this.#lines.write('error', `outbox disk ${code}`, { code }, `outbox: ${message}; messages wait in memory, a few`);
  }

  readFault(error: unknown): void {
    const code = errorCode(error);
    this.#lines.write('error', `outbox read ${code}`, { code }, `outbox: cannot be read: ${errorMessage(error)}`);
  }

  backlog(isLong: boolean, records: number): void {
    const pace = this.#settings.drainMessagesPerSecond;
    const words = isLong
      ? `${records} messages wait in the outbox: high risk goes first, then what is new, then the rest; ${pace} a second`
      : 'the backlog of the outbox is sent';
    this.#lines.write('info', `outbox backlog ${isLong}`, { records }, words);
  }

  refused({ topic, id }: OutgoingRecord, { code, message }: Refusal): void {
    this.#lines.write(
      'error',
      `outbox refused ${topic} ${code}`,
      { topic, id, code },
      `outbox: kept as a dead letter: ${message}`,
    );
  }

  unstorable({ topic, id }: OutgoingRecord, error: unknown): void {
    const fields = { topic, id, code: errorCode(error) };
    this.#lines.write('error', `outbox unstorable ${topic}`, fields, `outbox: ${id}: ${errorMessage(error)}`);
  }

  givenUp(reason: EvictionReason): void {
    this.#lines.write('error', `outbox evicted ${reason}`, { reason }, `outbox: ${reasons[reason]}`);
  }

  /** Says what has been given up since the last time. */
  counts(counts: OutboxCounts): void {
    const before = this.#counts;
    this.#counts = counts;
    for (const reason of evictionReasons) {
      if (counts.evicted[reason] > before.evicted[reason]) this.givenUp(reason);
    }
    if (counts.deadLetters.dropped > before.deadLetters.dropped) {
      const words = 'outbox: dead letters are given up, to make room (uplink.deadLetterMegabytes)';
      this.#lines.write('warn', 'outbox dead letters dropped', { dropped: counts.deadLetters.dropped }, words);
    }
  }
}
