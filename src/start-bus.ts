import type { Bus } from './bus/bus.ts';
import { MemoryBus } from './bus/memory-bus.ts';
import type { Topic } from './bus/topics.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import type { RepeatedLines } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Roles } from './roles.ts';

export interface BusParts {
  readonly config: Config;
  readonly roles: Roles;
  readonly metrics: Metrics;
  readonly lines: RepeatedLines;
}

/** What the stages of this process, and those of others, are joined by. */
export interface RunningBus {
  readonly bus: Bus;
  /** Accepts nothing more, and ends: first readers, then what sends. Safe to call twice. */
  close(): Promise<void>;
}

/** Kafka where it is switched on, loaded only then; else a bus in this process, which may have an uplink. */
export async function openBus(parts: BusParts): Promise<RunningBus> {
  const onHandlerError = (error: unknown, topic: Topic, key: string) => sayHandlerError(parts, error, topic, key);
  if (parts.config.kafka.enabled) return (await import('./start-kafka.ts')).openKafka(parts, onHandlerError);
  const bus = new MemoryBus({ onHandlerError });
  return { bus, close: () => bus.close() };
}

function sayHandlerError({ metrics, lines }: BusParts, error: unknown, topic: string, key: string): void {
  metrics.countError('bus-reader-failed');
  lines.write('error', `bus ${topic}`, { topic, key }, `a reader of the bus failed: ${errorMessage(error)}`);
}
