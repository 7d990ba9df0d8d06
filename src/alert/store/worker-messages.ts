/** What passes between the service and the store's worker. */
import type { Alert } from '../alert.ts';
import type { AlertCursor, AlertFilter, AlertPage } from '../alert-filter.ts';
import type { RetentionLimits, StoreStats } from './alert-database.ts';

/** How the worker is started. */
export interface WorkerStart {
  readonly path: string;
  readonly limits: RetentionLimits;
}

/** By name, what an operation is given and what it answers. */
export interface StoreOperations {
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
}

export type OperationName = keyof StoreOperations;

export type StoreRequest = {
  [Name in OperationName]: {
    readonly id: number;
    readonly name: Name;
    readonly given: StoreOperations[Name]['given'];
  };
}[OperationName];

export type StoreAnswer =
  | { readonly id: number; readonly answer: unknown; readonly stats: StoreStats }
  | { readonly id: number; readonly fault: { readonly code: string; readonly message: string } };

/** Sent once, when the worker has tried to open the file for the first time; what is wrong, where something is. */
export interface StoreOpened {
  readonly opened: true;
  readonly fault?: { readonly code: string; readonly message: string };
}

/** A damaged file was put aside, and an empty one has taken its place. */
export interface StoreSetAside {
  readonly setAside: { readonly path: string; readonly reason: string };
}

export type WorkerMessage = StoreAnswer | StoreOpened | StoreSetAside;
