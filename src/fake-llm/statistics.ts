const secondMs = 1000;
/** Seconds that are told apart; what comes later counts in the sums alone. */
const mostSeconds = 7200;

/** What the provider has seen since its statistics were reset. */
export interface FakeStatistics {
  readonly requests: number;
  readonly admitted: number;
  readonly answered: number;
  /** Refused by a limit (429), by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly unauthorised: number;
  readonly badRequests: number;
  readonly faults: number;
  /** Ended by the client before their answer. */
  readonly cancelled: number;
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Admitted requests of each key in each second. */
  readonly admittedPerSecond: Readonly<Record<string, readonly number[]>>;
}

export type CountName = 'requests' | 'answered' | 'unauthorised' | 'badRequests' | 'faults' | 'cancelled';

const noCounts: Readonly<Record<CountName, number>> = {
  requests: 0,
  answered: 0,
  unauthorised: 0,
  badRequests: 0,
  faults: 0,
  cancelled: 0,
};

export class StatisticsKeeper {
  #counts = { ...noCounts };
  #refused: Record<string, number> = {};
  #perSecond = new Map<string, number[]>();
  #admitted = 0;
  #inFlight = 0;
  #maxInFlight = 0;
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** Counts from nothing; what is in flight stays so. */
  reset(nowMs: number): void {
    this.#counts = { ...noCounts };
    this.#refused = {};
    this.#perSecond = new Map();
    this.#admitted = 0;
    this.#maxInFlight = this.#inFlight;
    this.#sinceMs = nowMs;
  }

  count(name: CountName): void {
    this.#counts[name] += 1;
  }

  refused(code: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  admitted(key: string, nowMs: number): void {
    this.#admitted += 1;
    const second = Math.floor((nowMs - this.#sinceMs) / secondMs);
    if (second < 0 || second >= mostSeconds) return;
    const seconds = this.#perSecond.get(key) ?? [];
    this.#perSecond.set(key, seconds);
    while (seconds.length <= second) seconds.push(0);
    seconds[second] = (seconds[second] ?? 0) + 1;
  }

  began(): void {
    this.#inFlight += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
  }

  ended(): void {
    this.#inFlight -= 1;
  }

  read(): FakeStatistics {
    return {
      ...this.#counts,
      admitted: this.#admitted,
      refused: { ...this.#refused },
      inFlight: this.#inFlight,
      maxInFlight: this.#maxInFlight,
      admittedPerSecond: Object.fromEntries(this.#perSecond),
    };
  }
}
