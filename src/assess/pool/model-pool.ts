/** What the rest of the program sees of the pool: ask a model, get a reply in every case. */
import type { RestReason } from './rest-reason.ts';

export type TaskPriority = 'high' | 'medium' | 'low';

/** Greatest urgency first. */
export const taskPriorities: readonly TaskPriority[] = ['high', 'medium', 'low'];

export interface EndpointInfo {
  readonly id: string;
  readonly model: string;
  /** The strictest `response_format` that the endpoint understands. */
  readonly structuredOutput: 'json_schema' | 'json_object' | 'text';
}

export interface ModelRequest {
  readonly priority: TaskPriority;
  /** Monotonic, ms. */
  readonly deadlineMs: number;
  /** Prompt and answer, estimated. */
  readonly estimatedTokens: { readonly prompt: number; readonly answer: number };
  /** The chat-completions body (without `model`) for the endpoint that was chosen. */
  bodyFor(endpoint: EndpointInfo): Record<string, unknown>;
  /** Undefined where the answer's text is valid; else what is wrong with it (used for the one repair try). */
  faultOf(answerText: string, endpoint: EndpointInfo): string | undefined;
  repairBodyFor(endpoint: EndpointInfo, answerText: string, fault: string): Record<string, unknown>;
}

/** Tokens as the provider counted them. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly answerTokens: number;
  /** Of the prompt's, those that came from the provider's cache. */
  readonly cachedTokens: number;
}

export type UnansweredReason =
  /** There is no key, or none that can be used before the deadline. */
  | 'no-key'
  /** The model cannot answer in time, or did not. */
  | 'deadline'
  /** The day's tokens are spent. */
  | 'budget'
  /** Too many tasks wait, of no less urgency. */
  | 'queue-full'
  /** The provider refuses this request, whatever the key. */
  | 'bad-request'
  /** The answer is not what was asked for, also after the repair. */
  | 'invalid-answer'
  /** Every try failed. */
  | 'failed'
  /** The caller, or the end of the service, cancelled it. */
  | 'cancelled';

export type ModelReply =
  | {
      readonly outcome: 'answered';
      readonly text: string;
      readonly model: string;
      readonly endpointId: string;
      readonly keyId: string;
      /** Of the call that answered, from its sending to the answer's last byte. */
      readonly latencyMs: number;
      /** Calls that were sent for it, this one included. */
      readonly attempts: number;
      readonly hedged: boolean;
      readonly usage: TokenUsage;
    }
  | {
      readonly outcome: 'unanswered';
      readonly reason: UnansweredReason;
      readonly attempts: number;
      readonly lastKeyId?: string;
      readonly message: string;
    };

export interface ModelPool {
  /** Never rejects, and replies by the deadline. */
  ask(request: ModelRequest, signal?: AbortSignal): Promise<ModelReply>;
  /** For /api/keys and metrics. */
  keys(): readonly KeyState[];
  /** Cancels what waits and what is in flight; resolves when nothing is left of either. */
  close(): Promise<void>;
}

export type KeyCondition =
  | 'ready'
  /** Its limits, or its group's, let the next call through in less than the time that is told. */
  | 'paced'
  /** As many calls in flight as it bears. */
  | 'busy'
  /** Its quota group rests after a refusal. */
  | 'cooling'
  /** The provider does not accept the key; it is tried now and then. */
  | 'quarantined'
  /** Its endpoint fails and rests. */
  | 'endpoint-down'
  /** A rest is over, and one call finds out whether all is well. */
  | 'on-trial'
  /** Taken out of the configuration; its last calls are on their way. */
  | 'draining';

/** One key as operators see it; never the key itself. `cause` and `detail`: why it rests, or is on trial. */
export interface KeyState extends Partial<RestReason> {
  readonly id: string;
  /** The quota group: keys of one account share its limits. */
  readonly group: string;
  readonly endpoint: string;
  readonly model: string;
  readonly condition: KeyCondition;
  /** The condition in words. */
  readonly words: string;
  /** When the condition ends, UTC in ms since the epoch, where that is known. */
  readonly untilMs?: number;
  readonly inFlight: number;
  /** Most calls in flight at present. */
  readonly limit: number;
  readonly calls: number;
  readonly successes: number;
  /** Calls that met a limit (429). */
  readonly refusals: number;
  /** Calls that failed otherwise. */
  readonly failures: number;
  /** Latency that 95 % of its last 200 answers did not exceed; none before the first. */
  readonly p95LatencyMs?: number;
  /** Tokens since midnight (UTC), or since it joined. */
  readonly tokensToday: number;
}

/** Whether somebody whom keys share rests, why, and until when (UTC in ms). `on-trial`: one call finds out. */
export interface RestState extends Partial<RestReason> {
  readonly condition: 'ready' | 'resting' | 'on-trial';
  readonly untilMs?: number;
}

/** A quota group: it rests after the provider refused one of its keys. */
export interface GroupState extends RestState {
  readonly id: string;
}

/** An endpoint: it rests while its breaker is open. */
export interface EndpointState extends RestState {
  readonly id: string;
  readonly model: string;
}
