/** What passes between the outbox and the worker that has its file. */
import type { StoreAnswer as Answer, StoreRequest as Request } from '../../sqlite/worker-messages.ts';
import type { OutboxLimits } from './outbox-database.ts';
import type {
  DeadLetter,
  DeadLetterQuery,
  OutboxCounts,
  OutboxQuery,
  RefusedRecord,
  ReplaySelection,
} from './outbox-store.ts';

/** How the worker is started. */
export interface WorkerStart {
  readonly path: string;
  readonly limits: OutboxLimits;
}

/** By name, what an operation is given and what it answers. */
export type OutboxOperations = {
  /** `frames`: the records, see record-frame.ts, one behind the other. Answers with their seqs when they are on disk. */
  readonly commit: {
    readonly given: {
      readonly frames: Uint8Array;
      readonly confirmed: readonly number[];
      readonly refused: readonly RefusedRecord[];
    };
    readonly answer: readonly number[];
  };
  /** Answers with frames. */
  readonly read: { readonly given: OutboxQuery; readonly answer: readonly Uint8Array[] };
  readonly prune: { readonly given: { readonly nowMs: number }; readonly answer: undefined };
  readonly deadLetters: { readonly given: DeadLetterQuery; readonly answer: readonly DeadLetter[] };
  readonly replay: { readonly given: ReplaySelection; readonly answer: number };
  /** Closes the file. */
  readonly close: { readonly given: Record<string, never>; readonly answer: undefined };
};

/** Of the worker's life: what is evicted, dropped, quarantined and repaired is counted since its start. */
export type OutboxAnswer = Answer<OutboxCounts>;
export type OutboxRequest = Request<OutboxOperations>;
