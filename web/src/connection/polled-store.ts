/**
 * What the appliance tells of a part of itself, read again and again: often while somebody looks on, else now and then.
 * Components hear of changes.
 */

const openPeriodMs = 2000;
const closedPeriodMs = 10_000;

type Listener = () => void;

/** Tells the time by the appliance's clock, UTC ms. */
interface Timed {
  readonly nowMs: number;
}

export interface PolledStoreOptions<Data> {
  readonly read: () => Promise<Data>;
  /** Whether nobody can see the page: then nothing is read. */
  readonly isHidden: () => boolean;
  readonly now?: () => number;
  /** Calls back once; the function returned cancels it. */
  readonly after?: (delayMs: number, callback: () => void) => () => void;
}

export class PolledStore<Data extends Timed> {
  readonly #read: () => Promise<Data>;
  readonly #isHidden: () => boolean;
  readonly #now: () => number;
  readonly #after: (delayMs: number, callback: () => void) => () => void;
  readonly #listeners = new Set<Listener>();
  #data: Data | undefined;
  #receivedAtMs = 0;
  #isStale = false;
  #isConnected = false;
  #isOpen = false;
  #cancel: () => void = () => {};
  /** Answers to an earlier question are of no use. */
  #question = 0;

  constructor({ read, isHidden, now = Date.now, after = afterTimeout }: PolledStoreOptions<Data>) {
    this.#read = read;
    this.#isHidden = isHidden;
    this.#now = now;
    this.#after = after;
  }

  /** What was read last; none before the first answer. */
  get data(): Data | undefined {
    return this.#data;
  }

  /** The last try to read it failed, or there is no connection: it may be otherwise by now. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** When it was read last, by the page's clock. */
  get receivedAtMs(): number {
    return this.#receivedAtMs;
  }

  /** A moment of the appliance's clock by the page's: they need not agree. */
  pageTimeMs(applianceMs: number): number {
    return applianceMs + this.#receivedAtMs - (this.#data?.nowMs ?? this.#receivedAtMs);
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Somebody looks on from now on, or not any more. */
  watch(isOpen: boolean): void {
    this.#isOpen = isOpen;
    if (isOpen) this.refresh();
  }

  connected(): void {
    this.#isConnected = true;
    this.refresh();
  }

  lost(): void {
    this.#isConnected = false;
    this.#isStale = true;
    this.#cancel();
    this.#question += 1;
    this.#changed();
  }

  /** Reads it now. */
  refresh(): void {
    if (this.#isConnected) void this.#poll();
  }

  async #poll(): Promise<void> {
    this.#cancel();
    this.#question += 1;
    const question = this.#question;
    if (!this.#isHidden()) await this.#load(() => question === this.#question);
    if (question !== this.#question) return;
    this.#cancel = this.#after(this.#isOpen ? openPeriodMs : closedPeriodMs, () => void this.#poll());
  }

  async #load(isWanted: () => boolean): Promise<void> {
    try {
      const data = await this.#read();
      if (!isWanted()) return;
      this.#data = data;
      this.#receivedAtMs = this.#now();
      this.#isStale = false;
    } catch {
      if (!isWanted()) return;
      this.#isStale = true;
    }
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function afterTimeout(delayMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}
