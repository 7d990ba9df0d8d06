/** What tests of the key pool share: keys, questions, a provider on the manual clock, and time that passes. */
import type { EndpointSpec, KeySet, KeySpec, QuotaLimits } from '../../src/assess/keys/key-set.ts';
import { Secret } from '../../src/assess/keys/secret.ts';
import type { ChatCall, ChatClient, ChatResult } from '../../src/assess/pool/chat-client.ts';
import type { ModelRequest, TaskPriority } from '../../src/assess/pool/model-pool.ts';
import type { Clock, ManualClock } from '../../src/time/clock.ts';

export const endpoint: EndpointSpec = {
  id: 'e1',
  model: 'qwen-vl-plus',
  structuredOutput: 'json_object',
  baseUrl: 'http://provider.test/v1',
};

export interface KeyChanges {
  readonly group?: string;
  readonly endpoint?: string;
  readonly priority?: number;
  readonly limits?: QuotaLimits;
}

/** A key whose secret is `secret-` and its id. */
export function key(id: string, changes: KeyChanges = {}): KeySpec {
  return {
    id,
    secret: new Secret(`secret-${id}`),
    priority: changes.priority ?? 0,
    group: changes.group ?? id,
    endpoint: changes.endpoint ?? endpoint.id,
    limits: changes.limits ?? {},
  };
}

/** Keys with their groups, which have the given limits, at one endpoint unless others are given. */
export function keySet(
  keys: readonly KeySpec[],
  limits: QuotaLimits = {},
  more: Partial<Omit<KeySet, 'keys' | 'groups'>> = {},
): KeySet {
  const groups = [...new Set(keys.map(({ group }) => group))].map((id) => ({ id, limits }));
  return { endpoints: [endpoint], groups, keys, ...more };
}

export interface QuestionChanges {
  readonly priority?: TaskPriority;
  /** From now. */
  readonly deadlineMs?: number;
  readonly tokens?: number;
  readonly faultOf?: ModelRequest['faultOf'];
}

/** A question whose valid answer is any but `nonsense`. */
export function question(clock: Clock, changes: QuestionChanges = {}): ModelRequest {
  return {
    priority: changes.priority ?? 'medium',
    deadlineMs: clock.monotonicMs() + (changes.deadlineMs ?? 10_000),
    estimatedTokens: { prompt: (changes.tokens ?? 1000) - 100, answer: 100 },
    bodyFor: () => ({ messages: [{ role: 'user', content: 'how dangerous? answer in JSON' }] }),
    faultOf: changes.faultOf ?? ((text) => (text === 'nonsense' ? 'it is no JSON' : undefined)),
    repairBodyFor: (_endpoint, answerText, fault) => ({
      messages: [{ role: 'user', content: `repair ${answerText}: ${fault}` }],
    }),
  };
}

/** What a scripted provider does with a call: after a while, a result; `undefined`: it never answers. */
export type ScriptedReply = { readonly afterMs: number; readonly result: ChatResult } | undefined;

export interface ScriptedCall {
  /** The key's id. */
  readonly keyId: string;
  readonly atMs: number;
  readonly body: string;
  /** From 0. */
  readonly number: number;
}

/** A chat client without sockets: answers as its script says, on the given clock. */
export class ScriptedClient implements ChatClient {
  readonly calls: ScriptedCall[] = [];
  inFlight = 0;
  isClosed = false;
  readonly #clock: Clock;
  readonly #script: (call: ScriptedCall) => ScriptedReply;

  constructor(clock: Clock, script: (call: ScriptedCall) => ScriptedReply) {
    this.#clock = clock;
    this.#script = script;
  }

  send({ secret, body, signal, onSent }: ChatCall): Promise<ChatResult> {
    const keyId = secret.reveal().replace('secret-', '');
    const call = { keyId, atMs: this.#clock.monotonicMs(), body, number: this.calls.length };
    this.calls.push(call);
    this.inFlight += 1;
    onSent();
    return new Promise<ChatResult>((resolve) => {
      const end = (result: ChatResult) => {
        cancel();
        resolve(result);
      };
      const reply = this.#script(call);
      const cancel = reply === undefined ? () => {} : this.#clock.after(reply.afterMs, () => end(reply.result));
      signal.addEventListener('abort', () => end({ kind: 'failed', cause: 'aborted', message: 'ended' }));
    }).finally(() => {
      this.inFlight -= 1;
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** A completion that says `text`. */
export function completion(
  text = '{}',
  tokens: { prompt: number; answer: number } | undefined = undefined,
): ChatResult {
  const usage =
    tokens === undefined ? {} : { usage: { prompt_tokens: tokens.prompt, completion_tokens: tokens.answer } };
  return {
    kind: 'response',
    status: 200,
    headers: {},
    body: JSON.stringify({ choices: [{ message: { content: text } }], ...usage }),
  };
}

/** An error of that status. */
export function failure(status: number, message = '', headers: Record<string, string> = {}): ChatResult {
  return { kind: 'response', status, headers, body: JSON.stringify({ error: { message } }) };
}

/** Lets everything happen that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

/** Lets time pass, with everything that falls due and what follows from it, in order. */
export async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  const untilMs = clock.monotonicMs() + durationMs;
  await settle();
  for (;;) {
    const waitMs = clock.untilNextMs();
    if (waitMs === undefined || clock.monotonicMs() + waitMs > untilMs) break;
    clock.advance(waitMs);
    await settle();
  }
  clock.advance(untilMs - clock.monotonicMs());
  await settle();
}

/** What a promise has come to after so much time; `undefined` where it is still open. */
export async function outcomeAfter<T>(
  clock: ManualClock,
  promise: Promise<T>,
  durationMs: number,
): Promise<T | undefined> {
  let value: T | undefined;
  promise.then((result) => {
    value = result;
  });
  await pass(clock, durationMs);
  return value;
}
