import type { z } from 'zod';
import { type AssessedDetection, assessedDetectionSchema } from '../aggregate/assessed.ts';
import type { Clock } from '../time/clock.ts';
import type { Random } from '../time/random.ts';
import { type AlertNotice, alertNotice, alertNoticeSchema } from './alert-notice.ts';
import {
  type AlertNews,
  type Cache,
  type CacheDropReason,
  type CacheStats,
  cacheKeys,
  detectionTtlMs,
  maxAlertsPerCamera,
} from './cache.ts';
import { NewestCaptures } from './newest-captures.ts';
import { type RedisCommand, RedisConnection, type RedisServer } from './redis-connection.ts';
import { RedisWriter } from './redis-writer.ts';

/** Cameras of which it is known what is the newest. */
const maxCameras = 1024;

export interface RedisCacheOptions {
  readonly server: RedisServer;
  readonly clock: Clock;
  readonly random: Random;
  /** Detections and alerts that may wait to be written. */
  readonly maxWaiting?: number;
  /** Hears of a failure once, until it has passed. */
  readonly onTrouble: (code: string, message: string) => void;
  /** It works: for the first time, or again. */
  readonly onWorking: () => void;
}

/** The cache in Redis. What is given waits in a bounded queue and goes out in pipelines, one after another. */
export class RedisCache implements Cache {
  readonly #options: RedisCacheOptions;
  readonly #newest: NewestCaptures;
  readonly #connection: RedisConnection;
  readonly #writer: RedisWriter;
  readonly #written = { detection: 0, alert: 0 };
  readonly #dropped: Record<CacheDropReason, number> = { full: 0, expired: 0, refused: 0, closed: 0 };
  readonly #errors = new Map<string, number>();
  /** Codes that were told and have not passed since. */
  readonly #told = new Set<string>();

  constructor(options: RedisCacheOptions) {
    const { server, clock, random, maxWaiting = 1000 } = options;
    this.#options = options;
    this.#newest = new NewestCaptures(clock, detectionTtlMs, maxCameras);
    this.#connection = new RedisConnection({
      server,
      clock,
      random,
      onReady: () => {
        this.#works();
        this.#writer.resume();
      },
      onFault: (code, message) => this.#fail(code, message),
    });
    this.#writer = new RedisWriter({
      connection: this.#connection,
      clock,
      random,
      maxWaiting,
      onWritten: (kind) => {
        this.#written[kind] += 1;
      },
      onDropped: (reason) => {
        this.#dropped[reason] += 1;
      },
      onRefused: (code, message) => this.#fail(code, message),
      onTaken: () => this.#works(),
    });
  }

  putDetection(detection: AssessedDetection): Promise<void> {
    const { cameraId, timestamp } = detection;
    return this.#writer.add({
      kind: 'detection',
      cameraId,
      detection,
      isNewest: this.#newest.add(cameraId, timestamp),
      dueMs: this.#options.clock.monotonicMs() + detectionTtlMs,
    });
  }

  noteAlert(event: AlertNews): void {
    const notice = alertNotice(event);
    if (notice !== undefined) void this.#writer.add({ kind: 'alert', cameraId: notice.cameraId, notice });
  }

  latest(cameraId: string): Promise<AssessedDetection | undefined> {
    return this.#readDetection(cacheKeys.latest(cameraId));
  }

  detection(requestId: string): Promise<AssessedDetection | undefined> {
    return this.#readDetection(cacheKeys.detection(requestId));
  }

  async alerts(cameraId: string): Promise<readonly AlertNotice[]> {
    const key = cacheKeys.alerts(cameraId);
    const list = await this.#read(['LRANGE', key, 0, maxAlertsPerCamera - 1]);
    return Array.isArray(list) ? list.flatMap((text) => this.#parse(key, text, alertNoticeSchema) ?? []) : [];
  }

  stats(): CacheStats {
    return {
      state: this.#writer.refusal ?? this.#connection.state,
      detections: this.#written.detection,
      alerts: this.#written.alert,
      waiting: this.#writer.waiting,
      dropped: { ...this.#dropped },
      errors: this.#errors,
    };
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  async #readDetection(key: string): Promise<AssessedDetection | undefined> {
    const text = await this.#read(['GET', key]);
    return text === undefined || text === null ? undefined : this.#parse(key, text, assessedDetectionSchema);
  }

  async #read(command: RedisCommand): Promise<unknown> {
    if (!this.#connection.isReady) return undefined;
    const [outcome] = await this.#connection.run([command]);
    const [error, reply] = outcome ?? [null, undefined];
    if (error === null) return reply;
    this.#fail('redis-unread', `Redis could not be read: ${error.message}`);
    return undefined;
  }

  /** Others may write there, too: what is not as ours is left out. */
  #parse<Value>(key: string, text: unknown, schema: z.ZodType<Value>): Value | undefined {
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    this.#fail('redis-bad-value', `${key} in Redis is not what was expected there`);
    return undefined;
  }

  #fail(code: string, message: string): void {
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#options.onTrouble(code, message);
  }

  #works(): void {
    this.#told.clear();
    this.#options.onWorking();
  }
}

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
