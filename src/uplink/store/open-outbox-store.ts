import type { Clock } from '../../time/clock.ts';
import type { OutboxSettings } from '../outbox-options.ts';
import type { OutboxLimits } from './outbox-database.ts';
import type { OutboxStore } from './outbox-store.ts';
import { WorkerOutboxStore } from './worker-outbox-store.ts';

const hourMs = 3_600_000;
const mebibyte = 1_048_576;

/** Opens the file that the configuration names. Where it cannot be opened, it is tried again later. */
export function openOutboxStore(
  settings: OutboxSettings,
  clock: Clock,
  onTrouble: (code: string, message: string) => void,
  workerFile?: URL,
): Promise<OutboxStore> {
  return WorkerOutboxStore.start({
    path: settings.outboxPath,
    limits: outboxLimits(settings),
    clock,
    onTrouble,
    ...(workerFile === undefined ? {} : { workerFile }),
  });
}

export function outboxLimits({ maxMegabytes, maxAgeHours, deadLetterMegabytes }: OutboxSettings): OutboxLimits {
  return {
    maxBytes: maxMegabytes * mebibyte,
    maxAgeMs: maxAgeHours * hourMs,
    maxDeadBytes: deadLetterMegabytes * mebibyte,
  };
}
