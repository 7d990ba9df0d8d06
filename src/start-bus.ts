import type { Bus } from './bus/bus.ts';
import { MemoryBus } from './bus/memory-bus.ts';
import type { Topic } from './bus/topics.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import type { RepeatedLines } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Roles } from './roles.ts';
import { realClock } from './time/clock.ts';
import { withinLimit } from './time/within-limit.ts';
import type { OutboxStatus } from './uplink/outbox-status.ts';

export interface BusParts {
  readonly config: Config;
  readonly roles: Roles;
  readonly metrics: Metrics;
  readonly lines: RepeatedLines;
}

/** Of handlers of the bus inside the process. */
const closeLimitMs = 200;

/** What the stages of this process, and those of others, are joined by. */
export interface RunningBus {
  readonly bus: Bus;
  /** What is kept on disk until a broker has it; undefined where nothing is. */
  readonly outbox: { status(): OutboxStatus } | undefined;
  /** How long close() may take. */
  readonly closeLimitMs: number;
  /** Accepts nothing more, and ends: first readers, then what sends. Safe to call twice. */
  close(): Promise<void>;
}

/** Kafka where it is switched on; else a bus in this process, which may have an uplink. What speaks to Kafka is loaded only then. */
export async function openBus(parts: BusParts): Promise<RunningBus> {
  const onHandlerError = (error: unknown, topic: Topic, key: string) => sayHandlerError(parts, error, topic, key);
  if (parts.config.kafka.enabled) return (await import('./start-kafka.ts')).openKafka(parts, onHandlerError);
  const bus = new MemoryBus({ onHandlerError });
  if (!parts.config.uplink.enabled) return { bus, outbox: undefined, closeLimitMs, close: () => bus.close() };
  const uplink = await (await import('./start-uplink.ts')).startUplink(parts, bus);
  return {
    bus,
    outbox: uplink.outbox,
    closeLimitMs: closeLimitMs + uplink.closeLimitMs,
    close: async () => {
      // A reader that hangs does not keep what was accepted from the disk.
      await withinLimit(bus.close(), closeLimitMs, realClock);
      await uplink.close();
    },
  };
}

function sayHandlerError({ metrics, lines }: BusParts, error: unknown, topic: string, key: string): void {
  metrics.countError('bus-reader-failed');
  lines.write('error', `bus ${topic}`, { topic, key }, `a reader of the bus failed: ${errorMessage(error)}`);
}
