import type { ChatResult } from './chat-client.ts';
import { type Completion, readCompletion } from './completion.ts';
import { retryAfterMs } from './retry-after.ts';

/** Which limit of an account a call met. */
export type LimitKind = 'requests' | 'tokens' | 'ramp' | 'concurrency' | 'account';

/** What became of a call, by its cause: what follows for key, group and endpoint depends on this alone. */
export type Verdict =
  | { readonly kind: 'answered'; readonly completion: Completion }
  /** Wrong whatever the key: never sent again. */
  | { readonly kind: 'bad-request'; readonly words: string }
  | { readonly kind: 'refused'; readonly limit: LimitKind; readonly retryAfterMs?: number; readonly words: string }
  | { readonly kind: 'unauthorised'; readonly status: KeyStatus; readonly words: string }
  | { readonly kind: 'server-error'; readonly status: number; readonly retryAfterMs?: number; readonly words: string }
  | { readonly kind: 'timeout'; readonly words: string }
  | { readonly kind: 'connection'; readonly words: string }
  /** A success that is none: cut off, too large, or no completion. */
  | { readonly kind: 'broken-answer'; readonly words: string }
  /** Ended by us, through no fault of the provider. */
  | { readonly kind: 'cancelled'; readonly words: string };

export type VerdictKind = Verdict['kind'];

const longestQuote = 200;
/** Statuses of a key that is not (or no longer) allowed to do this: unknown model included. */
const keyStatuses = [401, 403, 404] as const;
type KeyStatus = (typeof keyStatuses)[number];

const accountWords = /insufficient_quota|arrear|free ?tier|good standing|billing/i;
const paymentRequired = 402;

/** In the order in which they are looked for; the texts of DashScope, OpenAI and their like. */
const limitWords: readonly (readonly [RegExp, LimitKind])[] = [
  [/increased too quickly|burst rate/i, 'ramp'],
  [/concurren/i, 'concurrency'],
  // DashScope calls this insufficient_quota, too: it means the tokens of a minute.
  [/allocated quota/i, 'tokens'],
  [accountWords, 'account'],
  [/token/i, 'tokens'],
];

/** Judges what came back. `nowMs` is UTC, for dates in headers; `hide` takes the key out of what is quoted. */
export function verdictOf(result: ChatResult, nowMs: number, hide: (text: string) => string = (text) => text): Verdict {
  if (result.kind === 'failed') return verdictOfFailure(result.cause, result.message);
  const { status, headers, body } = result;
  if (status >= 200 && status < 300) {
    const completion = readCompletion(body);
    if (completion !== undefined) return { kind: 'answered', completion };
    return { kind: 'broken-answer', words: `status ${status}, and no chat completion in the body` };
  }
  const words = `status ${status}: ${quoted(hide(messageIn(body)))}`;
  const waitMs = retryAfterMs(headers, nowMs);
  const wait = waitMs === undefined ? {} : { retryAfterMs: waitMs };
  if (status === 429) return { kind: 'refused', limit: limitIn(body) ?? 'requests', ...wait, words };
  // An account that cannot pay is told by other statuses, too.
  if (status === paymentRequired || (status < 500 && accountWords.test(body)))
    return { kind: 'refused', limit: 'account', ...wait, words };
  const keyStatus = keyStatuses.find((one) => one === status);
  if (keyStatus !== undefined) return { kind: 'unauthorised', status: keyStatus, words };
  if (status >= 500 || status === 408) return { kind: 'server-error', status, ...wait, words };
  if (status >= 400) return { kind: 'bad-request', words };
  return { kind: 'broken-answer', words };
}

function verdictOfFailure(cause: Extract<ChatResult, { kind: 'failed' }>['cause'], words: string): Verdict {
  switch (cause) {
    case 'aborted':
      return { kind: 'cancelled', words };
    case 'timeout':
      return { kind: 'timeout', words };
    case 'connection':
      return { kind: 'connection', words };
    case 'cut':
    case 'too-large':
      return { kind: 'broken-answer', words };
  }
}

function limitIn(body: string): LimitKind | undefined {
  return limitWords.find(([words]) => words.test(body))?.[1];
}

/** The message in an error's body; the body itself, where it is not of the usual form. */
function messageIn(body: string): string {
  try {
    const { error, message } = JSON.parse(body) as { error?: { message?: unknown } | null; message?: unknown };
    const said = error?.message ?? message;
    return typeof said === 'string' && said.trim() !== '' ? said : body;
  } catch {
    return body;
  }
}

/** The beginning of what a provider says, on one line. */
function quoted(body: string): string {
  const line = body
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\bsk-[\w-]{4,}/g, 'sk-***')
    .trim();
  return line.length > longestQuote ? `${line.slice(0, longestQuote)}…` : line;
}
