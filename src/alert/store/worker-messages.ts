/** What passes between the service and the store's worker. */
import type { StoreAnswer as Answer, StoreRequest as Request } from '../../sqlite/worker-messages.ts';
import type { Alert } from '../alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../alert-filter.ts';
import type { RetentionLimits, StoreStats } from './alert-database.ts';

/** How the worker is started. */
export interface WorkerStart {
  readonly path: string;
  readonly limits: RetentionLimits;
}

/** By name, what an operation is given and what it answers. */
export type StoreOperations = {
  /** Answers when it is on disk. `picture` is base64. */
  readonly save: { readonly given: { readonly alert: Alert; readonly picture?: string }; readonly answer: undefined };
  readonly find: { readonly given: { readonly id: string }; readonly answer: Alert | undefined };
  readonly picture: { readonly given: { readonly id: string }; readonly answer: Uint8Array | undefined };
  readonly list: {
    readonly given: { readonly filter: AlertFilter; readonly limit: number; readonly after?: AlertCursor };
    readonly answer: AlertPage;
  };
  readonly seenSince: { readonly given: { readonly sinceMs: number }; readonly answer: readonly Alert[] };
  /** Removes what is too old or too much; answers how many alerts that were. */
  readonly prune: { readonly given: { readonly nowMs: number }; readonly answer: number };
  /** Closes the file. */
  readonly close: { readonly given: Record<string, never>; readonly answer: undefined };
};

export type StoreRequest = Request<StoreOperations>;

export type StoreAnswer = Answer<StoreStats>;

/** A damaged file was put aside, and an empty one has taken its place. */
export interface StoreSetAside {
  readonly setAside: { readonly path: string; readonly reason: string };
}
