import type { RestChange } from './consequences.ts';
import type { ModelReply, TaskPriority, TokenUsage } from './model-pool.ts';
import type { LimitKind, VerdictKind } from './verdict.ts';

/** Why a call was sent. */
export type CallPurpose = 'first' | 'retry' | 'repair' | 'hedge';

/** One call that is over. */
export interface CallReport {
  readonly keyId: string;
  readonly groupId: string;
  readonly endpointId: string;
  readonly model: string;
  readonly purpose: CallPurpose;
  /** `invalid-answer`: a completion whose text is not what was asked for. */
  readonly outcome: VerdictKind | 'invalid-answer';
  /** Which limit refused it. */
  readonly limit?: LimitKind;
  readonly latencyMs: number;
  readonly usage?: TokenUsage;
}

/** Hears what metrics and the log need. Keys are named by id. What it throws is not caught: it must not. */
export interface PoolObserver {
  /** From the question to its first call. */
  onWait(priority: TaskPriority, waitMs: number): void;
  /** The pool's own part of a call: from choosing a key to the request's last byte in the socket. */
  onOverhead(overheadMs: number): void;
  onCall(report: CallReport): void;
  /** Each question, once; `totalMs` from the question to the reply. */
  onReply(reply: ModelReply, priority: TaskPriority, totalMs: number): void;
  /** A second call was sent for a task, or was the one that answered it. */
  onHedge(event: 'sent' | 'won'): void;
  /** A key, group or endpoint begins or ends a rest. */
  onRest(change: RestChange): void;
}

/** Hears nothing; to be spread under what one wants to hear. */
export const silentObserver: PoolObserver = {
  onWait() {},
  onOverhead() {},
  onCall() {},
  onReply() {},
  onHedge() {},
  onRest() {},
};
