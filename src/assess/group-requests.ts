import type { RiskThresholds } from '../detect/risk-level.ts';
import type { Clock } from '../time/clock.ts';
import { checkAnswer } from './answer/check-answer.ts';
import { plainRawText } from './answer/plain-text.ts';
import type { FallbackReason } from './assessment.ts';
import type { AssessmentTask } from './assessment-task.ts';
import type { ModelTrace } from './model-trace.ts';
import { type ModelVerdict, verdictOf } from './model-verdict.ts';
import type { ModelPool, ModelReply, ModelRequest } from './pool/model-pool.ts';
import type { RiskPrompt } from './prompt/risk-prompt.ts';

/** The model's verdict; or why there is none, and what is known of the attempt. */
export type Asked =
  | { readonly verdict: ModelVerdict; readonly reason?: never }
  | { readonly verdict?: never; readonly reason: FallbackReason; readonly trace?: ModelTrace };

export interface GroupRequestsOptions {
  readonly pool: ModelPool;
  readonly prompt: RiskPrompt;
  readonly thresholds: RiskThresholds;
  readonly clock: Clock;
  /** Groups of one frame that may share a request; 1: each has its own. */
  readonly maxGroups: number;
}

interface Waiting {
  readonly task: AssessmentTask;
  readonly resolve: (asked: Asked) => void;
  readonly reject: (error: unknown) => void;
}

interface OpenRequest {
  readonly waiting: Waiting[];
  readonly abort: AbortController;
  readonly cancelSending: () => void;
  withdrawn: number;
}

/**
 * Asks the model about groups. Those of one frame that come at once and are of one priority share a request: the
 * prompt's constant part is paid once. Runs on the event loop.
 */
export class GroupRequests {
  readonly #options: GroupRequestsOptions;
  /** Requests that are not sent yet, by frame and priority. */
  readonly #open = new Map<string, OpenRequest>();

  constructor(options: GroupRequestsOptions) {
    this.#options = options;
  }

  /** `signal` withdraws the task; a request whose tasks are all withdrawn is cancelled. */
  ask(task: AssessmentTask, signal: AbortSignal): Promise<Asked> {
    const key = `${task.requestId} ${task.priority}`;
    const open = this.#open.get(key);
    const request = open === undefined || open.abort.signal.aborted ? this.#openRequest(key) : open;
    signal.addEventListener('abort', () => withdraw(request), { once: true });
    const asked = new Promise<Asked>((resolve, reject) => request.waiting.push({ task, resolve, reject }));
    if (request.waiting.length >= this.#options.maxGroups) this.#send(key, request);
    return asked;
  }

  #openRequest(key: string): OpenRequest {
    const cancelSending = this.#options.clock.after(0, () => this.#send(key, request));
    const request: OpenRequest = { waiting: [], abort: new AbortController(), cancelSending, withdrawn: 0 };
    this.#open.set(key, request);
    return request;
  }

  #send(key: string, { waiting, abort, cancelSending }: OpenRequest): void {
    cancelSending();
    this.#open.delete(key);
    const tasks = waiting.map(({ task }) => task);
    this.#options.pool.ask(this.#requestFor(tasks), abort.signal).then(
      (reply) => {
        const answers = this.#read(reply, tasks);
        for (const { task, resolve } of waiting) resolve(answers(task));
      },
      (error) => {
        for (const { reject } of waiting) reject(error);
      },
    );
  }

  #requestFor(tasks: readonly AssessmentTask[]): ModelRequest {
    const { prompt } = this.#options;
    return {
      priority: tasks[0]?.priority ?? 'low',
      deadlineMs: Math.min(...tasks.map(({ deadlineMs }) => deadlineMs)),
      estimatedTokens: prompt.estimateTokens(tasks),
      bodyFor: (endpoint) => prompt.body(tasks, endpoint),
      faultOf: (answerText) => checkAnswer(answerText, tasks).fault,
      repairBodyFor: (endpoint, answerText, fault) => prompt.repairBody(tasks, endpoint, answerText, fault),
    };
  }

  #read(reply: ModelReply, tasks: readonly AssessmentTask[]): (task: AssessmentTask) => Asked {
    if (reply.outcome === 'unanswered') return () => ({ reason: reply.reason, trace: traceOfFailure(reply) });
    const trace = traceOf(reply);
    const { groups } = checkAnswer(reply.text, tasks);
    const tokens = Math.round((reply.usage.promptTokens + reply.usage.answerTokens) / tasks.length);
    return (task) => {
      const group = groups?.get(task.groupIndex);
      if (group === undefined) return { reason: 'invalid-answer', trace };
      return { verdict: verdictOf(group, task, this.#options.thresholds, { trace, tokens }) };
    };
  }
}

function withdraw(request: OpenRequest): void {
  request.withdrawn += 1;
  if (request.withdrawn >= request.waiting.length) request.abort.abort();
}

function traceOf(reply: Extract<ModelReply, { outcome: 'answered' }>): ModelVerdict['trace'] {
  return {
    model: reply.model,
    keyId: reply.keyId,
    latencyMs: reply.latencyMs,
    retryCount: Math.max(0, reply.attempts - 1),
    rawText: plainRawText(reply.text),
  };
}

function traceOfFailure({ attempts, lastKeyId }: Extract<ModelReply, { outcome: 'unanswered' }>): ModelTrace {
  return { retryCount: Math.max(0, attempts - 1), ...(lastKeyId === undefined ? {} : { keyId: lastKeyId }) };
}
