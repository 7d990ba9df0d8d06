/** Time as it is given to whatever measures or waits; tests give a `ManualClock`. */
export interface Clock {
  /** UTC milliseconds since the epoch: for stamps. */
  nowMs(): number;
  /** Milliseconds that never go backwards: for durations. */
  monotonicMs(): number;
  /** Calls back once, after `delayMs`; the function returned cancels it. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

interface PendingCallback {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #epochMs: number;
  #elapsedMs = 0;
  readonly #pending = new Set<PendingCallback>();

  /** `epochMs`: the UTC time at which it starts. */
  constructor(epochMs = Date.UTC(2025, 0, 1)) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry: PendingCallback = { dueMs: this.#elapsedMs + delayMs, callback };
    this.#pending.add(entry);
    return () => this.#pending.delete(entry);
  }

  /** How long until something falls due; none where nothing waits. */
  untilNextMs(): number | undefined {
    const next = this.#nextDue(Number.POSITIVE_INFINITY);
    return next === undefined ? undefined : Math.max(0, next.dueMs - this.#elapsedMs);
  }

  /** Moves on by `durationMs`, calling whatever falls due on the way, in order. */
  advance(durationMs: number): void {
    const untilMs = this.#elapsedMs + durationMs;
    for (let next = this.#nextDue(untilMs); next !== undefined; next = this.#nextDue(untilMs)) {
      this.#elapsedMs = next.dueMs;
      this.#pending.delete(next);
      next.callback();
    }
    this.#elapsedMs = untilMs;
  }

  #nextDue(untilMs: number): PendingCallback | undefined {
    let earliest: PendingCallback | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs <= untilMs && (earliest === undefined || entry.dueMs < earliest.dueMs)) earliest = entry;
    }
    return earliest;
  }
}
