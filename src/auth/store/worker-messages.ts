/** What passes between the service and the store's worker. */
import type { StoreAnswer as Answer, StoreRequest as Request } from '../../sqlite/worker-messages.ts';
import type { AuditEntry, AuditPage } from '../audit.ts';
import type { AuthChange, AuthRecords } from '../auth-change.ts';

/** How the worker is started. */
export interface WorkerStart {
  readonly path: string;
  /** The oldest entries beyond them go. */
  readonly maxAuditEntries: number;
}

/** By name, what an operation is given and what it answers. */
export type StoreOperations = {
  readonly load: { readonly given: Record<string, never>; readonly answer: AuthRecords };
  /** Only where another process has changed something. */
  readonly changedElsewhere: { readonly given: Record<string, never>; readonly answer: AuthRecords | undefined };
  /** Answers when all of it is on disk. */
  readonly write: {
    readonly given: { readonly changes: readonly AuthChange[]; readonly audit: readonly AuditEntry[] };
    readonly answer: undefined;
  };
  readonly audit: { readonly given: { readonly limit: number; readonly before?: number }; readonly answer: AuditPage };
  /** Closes the file. */
  readonly close: { readonly given: Record<string, never>; readonly answer: undefined };
};

export type StoreRequest = Request<StoreOperations>;

export type StoreAnswer = Answer<undefined>;
