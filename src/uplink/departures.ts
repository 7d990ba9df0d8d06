/** What is with the sender, and what it has given back. */
import { RecordRefusedError, type RecordSender } from '../bus/outgoing-record.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { Entry, Pace, Refusal } from './entry.ts';
import type { Link } from './link.ts';

/**
 * What may be with the sender. Little of what is drained: on a slow link, what is live waits behind all that is with the
 * sender before it.
 */
const windows: Readonly<Record<Pace, { readonly records: number; readonly bytes: number }>> = {
  live: { records: 1000, bytes: 8 * 1_048_576 },
  drained: { records: 200, bytes: 1_048_576 },
};

export interface DeparturesOptions {
  readonly sender: RecordSender;
  readonly link: Link;
  /** The broker has it, or will never take it: the entry's state says which. */
  readonly onArrived: (entry: Entry) => void;
  /** Something has come back, or there is room. */
  readonly onReady: () => void;
}

/**
 * Hands entries to the sender, each record once at a time: where a crash of the disk's side has left it there twice, both are
 * through together. Keeps their order where it gives some back: these go again first,
 * in the order of the disk, when nothing is with the sender any more and the link may be tried.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #with: Record<Pace, { records: number; bytes: number }> = {
    live: { records: 0, bytes: 0 },
    drained: { records: 0, bytes: 0 },
  };
  #back: Entry[] = [];
  /** By id, of what is with the sender or came back: others of the same record. */
  readonly #twins = new Map<string, Entry[]>();
  #confirmed = 0;
  /** Something came back, and others have to before any goes. */
  #isGathering = false;
  #onAllBack: (() => void) | undefined;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#with.live.records + this.#with.drained.records;
  }

  /** Records that the broker has. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Whether anything may go. */
  get isOpen(): boolean {
    if (this.#options.link.isHeld) return false;
    if (this.#isGathering && this.underWay === 0) this.#startAgain();
    return !this.#isGathering;
  }

  /** Resolves when nothing is with the sender any more. */
  allBack(): Promise<void> {
    if (this.underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onAllBack = resolve;
    });
  }

  hasRoom(pace: Pace): boolean {
    const { records, bytes } = this.#with[pace];
    return records < windows[pace].records && bytes < windows[pace].bytes;
  }

  /** What came back and is to go before all others. */
  nextAgain(): Entry | undefined {
    return this.#back.shift();
  }

  depart(entry: Entry): void {
    const { sender, link } = this.#options;
    const twins = this.#twins.get(entry.record.id);
    if (twins !== undefined && entry.state !== 'back') {
      entry.state = 'sent';
      twins.push(entry);
      return;
    }
    this.#twins.set(entry.record.id, twins ?? []);
    entry.state = 'sent';
    this.#with[entry.pace].records += 1;
    this.#with[entry.pace].bytes += entry.bytes;
    link.depart();
    sender.send(entry.record).then(
      () => this.#arrive(entry),
      (error) => this.#comeBack(entry, error),
    );
  }

  #arrive(entry: Entry): void {
    this.#leave(entry);
    this.#confirmed += 1;
    this.#settle(entry, 'confirmed');
    this.#options.onReady();
  }

  #comeBack(entry: Entry, error: unknown): void {
    this.#leave(entry);
    if (errorCode(error) === 'record-refused') {
      const code = error instanceof RecordRefusedError ? error.fault : 'record-refused';
      this.#settle(entry, 'refused', { code, message: errorMessage(error) });
    } else {
      entry.state = 'back';
      this.#back.push(entry);
      this.#isGathering = true;
      this.#options.link.giveBack(error);
    }
    this.#options.onReady();
  }

  #settle(entry: Entry, state: 'confirmed' | 'refused', refusal?: Refusal): void {
    const twins = this.#twins.get(entry.record.id) ?? [];
    this.#twins.delete(entry.record.id);
    for (const one of [entry, ...twins]) {
      one.state = state;
      if (refusal !== undefined) one.refusal = refusal;
      this.#options.onArrived(one);
    }
    this.#options.link.answer();
  }

  #leave({ pace, bytes }: Entry): void {
    this.#with[pace].records -= 1;
    this.#with[pace].bytes -= bytes;
    if (this.underWay === 0) this.#onAllBack?.();
  }

  #startAgain(): void {
    this.#isGathering = false;
    this.#back.sort((one, other) => (one.seq ?? Number.MAX_SAFE_INTEGER) - (other.seq ?? Number.MAX_SAFE_INTEGER));
  }
}
