import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import type { RedisAddress } from '../config/redis-url.ts';
import { errorMessage } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { DoubledWait, type WaitRange } from '../time/doubled-wait.ts';
import type { Random } from '../time/random.ts';
import type { CacheState } from './cache.ts';

const connectTimeoutMs = 1000;
/** A server that takes longer, to let us in or to answer, counts as gone. */
const answerTimeoutMs = 2000;
/** A connection that is given up may end properly for so long. */
const disconnectTimeoutMs = 100;

/** Before a server that is away, or takes nothing, is tried again. */
export const retryWaits: WaitRange = { firstMs: 250, longestMs: 30_000 };

/** A command's name and its arguments. */
export type RedisCommand = readonly [name: string, ...args: (string | number)[]];
/** What became of a command: its reply, or why there is none. */
export type RedisOutcome = readonly [error: Error | null, reply: unknown];

export interface RedisServer extends RedisAddress {
  /** Certificates (PEM) that the server's is checked by; the system's unless given. */
  readonly ca?: string;
}

export interface RedisConnectionOptions {
  readonly server: RedisServer;
  readonly clock: Clock;
  readonly random: Random;
  /** It has begun to work. */
  readonly onReady: () => void;
  /** It has stopped working, or could not be made to; called for every try. */
  readonly onFault: (code: string, message: string) => void;
}

/**
 * One connection to Redis that comes back by itself: it waits between tries, ever longer, with jitter. Commands are sent
 * while it works and never kept: one that the connection loses fails, and whoever gave it decides what becomes of it.
 */
export class RedisConnection {
  /** `redis://host:port`, without credentials. */
  readonly name: string;
  readonly #options: RedisConnectionOptions;
  readonly #redis: Redis;
  readonly #waits: DoubledWait;
  #state: CacheState;
  /** Why the connection will have ended, where that is known already. */
  #reason: { readonly code: string; readonly message: string } | undefined;
  #cancelHandshake: () => void = () => {};

  constructor(options: RedisConnectionOptions) {
    const { server, clock, random } = options;
    this.#options = options;
    this.name = addressText(server);
    this.#state = { state: 'connecting', sinceMs: clock.nowMs() };
    this.#waits = new DoubledWait(retryWaits, random);
    this.#redis = new Redis({
      ...credentials(server),
      host: server.host,
      port: server.port,
      db: server.db,
      ...(server.tls ? { tls: tlsOptions(server) } : {}),
      connectionName: 'roadwatch',
      lazyConnect: true,
      connectTimeout: connectTimeoutMs,
      disconnectTimeout: disconnectTimeoutMs,
      enableOfflineQueue: false,
      // What a lost connection leaves unanswered fails at once, instead of being sent again by the library.
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => this.#waits.next(),
    });
    this.#listen();
    // What goes wrong is heard of by the events.
    this.#redis.connect().catch(() => {});
  }

  get state(): CacheState {
    return this.#state;
  }

  get isReady(): boolean {
    return this.#state.state === 'connected';
  }

  /** Sends commands in one go; gives what became of each, in their order. Never rejects. */
  async run(commands: readonly RedisCommand[]): Promise<readonly RedisOutcome[]> {
    const cancel = this.#options.clock.after(answerTimeoutMs, () => this.#giveUpSilent());
    const pipeline = this.#redis.pipeline();
    try {
      for (const [name, ...args] of commands) pipeline.call(name, ...args);
      return (await pipeline.exec()) ?? [];
    } catch (error) {
      this.#giveUp('redis-failed', errorMessage(error));
      return commands.map(() => [new Error(errorMessage(error)), undefined]);
    } finally {
      cancel();
    }
  }

  /** Ends at once; commands that are under way fail. */
  close(): void {
    this.#state = { state: 'closed' };
    this.#cancelHandshake();
    this.#redis.disconnect();
  }

  #listen(): void {
    const { clock, onReady } = this.#options;
    this.#redis.on('connect', () => {
      this.#cancelHandshake = clock.after(answerTimeoutMs, () => this.#giveUpSilent());
    });
    this.#redis.on('ready', () => {
      this.#cancelHandshake();
      this.#reason = undefined;
      this.#waits.reset();
      if (this.#state.state === 'closed') return;
      this.#state = { state: 'connected', sinceMs: clock.nowMs() };
      onReady();
    });
    this.#redis.on('error', (error: Error) => this.#hear(error));
    this.#redis.on('reconnecting', (delayMs: number) => this.#lost(delayMs));
  }

  #hear(error: Error): void {
    const words = errorMessage(error);
    const isRefusal = error.name === 'ReplyError' || /NOAUTH|WRONGPASS|NOPERM/.test(words);
    this.#reason ??= isRefusal
      ? { code: 'redis-unauthorized', message: `Redis at ${this.name} does not let us in: ${words}` }
      : { code: 'redis-unreachable', message: `Redis at ${this.name} cannot be reached: ${words}` };
    // The library would go on in another database than the one that was asked for.
    if (isRefusal) this.#redis.disconnect(true);
  }

  #giveUpSilent(): void {
    this.#giveUp('redis-silent', `Redis at ${this.name} has not answered for ${answerTimeoutMs} ms`);
  }

  /** Connects anew. */
  #giveUp(code: string, message: string): void {
    this.#reason ??= { code, message };
    this.#redis.disconnect(true);
  }

  #lost(delayMs: number): void {
    this.#cancelHandshake();
    if (this.#state.state === 'closed') return;
    const { clock, onFault } = this.#options;
    const message = `Redis at ${this.name} has closed the connection`;
    const { code, message: words } = this.#reason ?? { code: 'redis-lost', message };
    this.#reason = undefined;
    const before = this.#state.state === 'retrying' ? this.#state : undefined;
    this.#state = {
      state: 'retrying',
      sinceMs: before?.sinceMs ?? clock.nowMs(),
      code,
      message: words,
      attempt: (before?.attempt ?? 0) + 1,
      nextTryMs: clock.nowMs() + delayMs,
    };
    onFault(code, words);
  }
}

function credentials({ username, password }: RedisServer) {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function tlsOptions({ host, ca }: RedisServer) {
  return { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) };
}

function addressText({ tls, host, port }: RedisServer): string {
  return `${tls ? 'rediss' : 'redis'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
