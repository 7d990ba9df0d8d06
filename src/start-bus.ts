import type { Bus } from './bus/bus.ts';
import { MemoryBus } from './bus/memory-bus.ts';
import type { Config } from './config/schema.ts';
import { errorMessage } from './errors.ts';
import type { Log, RepeatedLines } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';

export interface BusParts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lines: RepeatedLines;
}

export interface RunningBus {
  readonly bus: Bus;
  /** Accepts nothing more, and ends. Safe to call twice. */
  close(): Promise<void>;
}

/** Opens what the stages of this process, and those of others, are joined by. */
export async function openBus(parts: BusParts): Promise<RunningBus> {
  const bus = new MemoryBus({ onHandlerError: (error, topic, key) => sayHandlerError(parts, error, topic, key) });
  return { bus, close: () => bus.close() };
}

function sayHandlerError({ lines }: BusParts, error: unknown, topic: string, key: string): void {
  lines.write('error', `bus ${topic}`, { topic, key }, `a reader of the bus failed: ${errorMessage(error)}`);
}
