import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../time/clock.ts';
import type { AlertStore } from './alert-store.ts';
import { WorkerAlertStore } from './worker-alert-store.ts';

const dayMs = 86_400_000;
const mebibyte = 1_048_576;
/** Without pictures alerts are small: this many can be searched through in a fraction of a second. */
const maxAlerts = 100_000;

/** Opens the alert history that the configuration asks for. Where it cannot be opened, it is tried again later. */
export function openAlertStore(
  { databasePath, retentionDays, maxMegabytes }: Config['alerts'],
  clock: Clock,
  onTrouble: (code: string, message: string) => void,
): Promise<AlertStore> {
  return WorkerAlertStore.start({
    path: databasePath,
    limits: { maxAgeMs: retentionDays * dayMs, maxBytes: maxMegabytes * mebibyte, maxAlerts },
    clock,
    onTrouble,
  });
}
