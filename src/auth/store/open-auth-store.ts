import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../time/clock.ts';
import type { AuthStore } from './auth-store.ts';
import { WorkerAuthStore } from './worker-auth-store.ts';

/** Opens the store that the configuration asks for. Where it cannot be opened, it is tried again later. */
export function openAuthStore(
  { databasePath, auditEntries }: Config['accounts'],
  clock: Clock,
  onTrouble: (code: string, message: string) => void,
): Promise<AuthStore> {
  return WorkerAuthStore.start({ path: databasePath, maxAuditEntries: auditEntries, clock, onTrouble });
}
