import { errorMessage } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { DoubledWait } from '../time/doubled-wait.ts';
import type { Random } from '../time/random.ts';
import { withinLimit } from '../time/within-limit.ts';
import { type CacheDropReason, type CacheState, cacheKeys, detectionTtlMs, maxAlertsPerCamera } from './cache.ts';
import { HeldWrites } from './held-writes.ts';
import { type RedisCommand, type RedisConnection, type RedisOutcome, retryWaits } from './redis-connection.ts';
import { type DetectionWrite, type Write, WriteQueue } from './write-queue.ts';

/** Writes that are made into JSON, and sent, at a time. */
const maxWritesAtATime = 8;
/** When the service stops, what waits may still be written for so long. */
const closeLimitMs = 300;
/** First words of refusals that will pass. */
const passing: ReadonlySet<string> = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
]);

export interface RedisWriterOptions {
  readonly connection: Pick<RedisConnection, 'isReady' | 'run' | 'close'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxWaiting: number;
  readonly onWritten: (kind: Write['kind']) => void;
  readonly onDropped: (reason: CacheDropReason) => void;
  /** The server has refused a write: for now (`redis-busy`), or for good (`redis-refused`). */
  readonly onRefused: (code: string, message: string) => void;
  /** What was refused for now is taken again. */
  readonly onTaken: () => void;
}

type Retrying = Extract<CacheState, { readonly state: 'retrying' }>;

/**
 * Writes what it is given in pipelines, one after another, each of what waits by then. What a lost connection leaves
 * unanswered is written again: an alert may then stand twice on its list, a detection be published twice.
 */
export class RedisWriter {
  readonly #options: RedisWriterOptions;
  readonly #queue: WriteQueue;
  readonly #held: HeldWrites;
  readonly #retryWaits: DoubledWait;
  #inFlight = 0;
  #running: Promise<void> | undefined;
  /** Set while the server takes nothing for now. */
  #refusal: Retrying | undefined;
  #cancelRetry: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RedisWriterOptions) {
    this.#options = options;
    this.#queue = new WriteQueue(options.maxWaiting, (reason, write) => this.#drop(write, reason));
    this.#held = new HeldWrites(options.clock);
    this.#retryWaits = new DoubledWait(retryWaits, options.random);
  }

  /** Writes that wait or are under way. */
  get waiting(): number {
    return this.#queue.size + this.#inFlight;
  }

  /** Why the server takes nothing for now; none while it does. */
  get refusal(): Retrying | undefined {
    return this.#refusal;
  }

  /** Resolves when it is written or dropped, or when waiting for it takes too long. Never rejects. */
  add(write: Write): Promise<void> {
    const settled = this.#held.hold(write);
    if (this.#closing !== undefined) {
      this.#drop(write, 'closed');
      return settled;
    }
    this.#queue.add(write);
    this.resume();
    return settled;
  }

  /** Goes on, where there is something to write and the connection works. */
  resume(): void {
    const isHeld = this.#running !== undefined || this.#cancelRetry !== undefined;
    if (isHeld || this.#queue.size === 0 || !this.#options.connection.isReady) return;
    this.#running = this.#writeAll();
  }

  /** Writes what waits, for a moment, and closes the connection. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { connection, clock } = this.#options;
    if (this.#running !== undefined) await withinLimit(this.#running, closeLimitMs, clock);
    this.#cancelRetry?.();
    connection.close();
    await this.#running;
    for (const write of this.#queue.takeAll()) this.#drop(write, 'closed');
  }

  async #writeAll(): Promise<void> {
    // Whoever gives goes on first; what comes in the same turn goes along.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (await this.#writeSome());
    } finally {
      this.#running = undefined;
    }
  }

  /** False where there is nothing more to do, or it cannot be done now. */
  async #writeSome(): Promise<boolean> {
    const { connection, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const writes = this.#queue.take(maxWritesAtATime, nowMs);
    if (writes.length === 0) {
      this.#held.caughtUp();
      return false;
    }
    const commands = writes.map((write) => commandsFor(write, nowMs));
    this.#inFlight = writes.length;
    const outcomes = await connection.run(commands.flat());
    this.#inFlight = 0;
    return this.#settle(writes, errorsOf(commands, outcomes));
  }

  #settle(writes: readonly Write[], errors: readonly (Error | undefined)[]): boolean {
    const { onWritten, onRefused } = this.#options;
    const again: Write[] = [];
    let refusedForNow: Error | undefined;
    for (const [index, write] of writes.entries()) {
      const error = errors[index];
      if (error === undefined) {
        onWritten(write.kind);
        this.#held.settle(write);
      } else if (!isRefusal(error)) {
        again.push(write);
      } else if (passing.has(firstWord(error))) {
        again.push(write);
        refusedForNow = error;
      } else {
        this.#drop(write, 'refused');
        onRefused('redis-refused', `Redis has refused to put in a ${write.kind}: ${errorMessage(error)}`);
      }
    }
    this.#queue.giveBack(again);
    if (refusedForNow !== undefined) this.#retryLater(refusedForNow);
    else if (again.length === 0) this.#taken();
    return again.length === 0;
  }

  #retryLater(error: Error): void {
    const { clock, onRefused } = this.#options;
    const attempt = (this.#refusal?.attempt ?? 0) + 1;
    const delayMs = this.#retryWaits.next();
    const nowMs = clock.nowMs();
    const code = 'redis-busy';
    const message = `Redis takes nothing for now: ${errorMessage(error)}`;
    const sinceMs = this.#refusal?.sinceMs ?? nowMs;
    this.#refusal = { state: 'retrying', sinceMs, code, message, attempt, nextTryMs: nowMs + delayMs };
    onRefused(code, message);
    this.#cancelRetry = clock.after(delayMs, () => {
      this.#cancelRetry = undefined;
      this.resume();
    });
  }

  #drop(write: Write, reason: CacheDropReason): void {
    this.#options.onDropped(reason);
    this.#held.settle(write);
  }

  #taken(): void {
    if (this.#refusal === undefined) return;
    this.#refusal = undefined;
    this.#retryWaits.reset();
    this.#options.onTaken();
  }
}

function commandsFor(write: Write, nowMs: number): RedisCommand[] {
  if (write.kind === 'detection') return detectionCommands(write, nowMs);
  const key = cacheKeys.alerts(write.cameraId);
  return [
    ['LPUSH', key, JSON.stringify(write.notice)],
    ['LTRIM', key, 0, maxAlertsPerCamera - 1],
  ];
}

/** Published last: whoever hears of it can read it. */
function detectionCommands({ cameraId, detection, isNewest, dueMs }: DetectionWrite, nowMs: number): RedisCommand[] {
  const value = JSON.stringify(detection);
  // What has waited stands for less: it is not younger for having waited.
  const leftMs = Math.min(detectionTtlMs, Math.max(1, Math.round(dueMs - nowMs)));
  const latest: RedisCommand = ['SET', cacheKeys.latest(cameraId), value, 'PX', leftMs];
  return [
    ['SET', cacheKeys.detection(detection.requestId), value, 'PX', leftMs],
    ...(isNewest ? [latest] : []),
    ['PUBLISH', cacheKeys.channel(cameraId), value],
  ];
}

/** Of each write the first error among its commands. */
function errorsOf(
  commands: readonly (readonly RedisCommand[])[],
  outcomes: readonly RedisOutcome[],
): (Error | undefined)[] {
  let next = 0;
  return commands.map(({ length }) => {
    const own = outcomes.slice(next, next + length);
    next += length;
    return own.find(([error]) => error !== null)?.[0] ?? undefined;
  });
}

/** The server has answered, and said no; anything else came of the connection. */
function isRefusal(error: Error): boolean {
  return error.name === 'ReplyError';
}

function firstWord(error: Error): string {
  return error.message.split(' ', 1)[0] ?? '';
}
