import type { LimitKind, Verdict } from './verdict.ts';

/** What somebody rests for. Of a key: `unknown-key` (401), `forbidden` (403), `unknown-model` (404). */
export type RestCause =
  | LimitKind
  | 'unknown-key'
  | 'forbidden'
  | 'unknown-model'
  | 'server-error'
  | 'timeout'
  | 'connection'
  | 'broken-answer';

export interface RestReason {
  readonly cause: RestCause;
  /** What the provider, or the network, said: one line, without the key. */
  readonly detail: string;
}

/** Verdicts after which a key, a group or an endpoint may have to rest. */
export type RestingVerdict = Exclude<Verdict, { kind: 'answered' | 'bad-request' | 'cancelled' }>;

export function reasonOf(verdict: RestingVerdict): RestReason {
  return { cause: causeOf(verdict), detail: verdict.words };
}

function causeOf(verdict: RestingVerdict): RestCause {
  switch (verdict.kind) {
    case 'refused':
      return verdict.limit;
    case 'unauthorised':
      return causesByStatus[verdict.status];
    default:
      return verdict.kind;
  }
}

const causesByStatus = { 401: 'unknown-key', 403: 'forbidden', 404: 'unknown-model' } as const;
