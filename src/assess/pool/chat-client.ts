import type { Secret } from '../keys/secret.ts';

/** One call of a chat-completions API. */
export interface ChatCall {
  readonly baseUrl: string;
  readonly secret: Secret;
  /** JSON. */
  readonly body: string;
  /** Ends the call at once, wherever it stands. */
  readonly signal: AbortSignal;
  /** Called once, when the request has been written to its socket. */
  readonly onSent: () => void;
}

export type ChatResult =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Names in lower case; of repeated headers the first. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly kind: 'failed';
      readonly cause: 'connection' | 'timeout' | 'cut' | 'too-large' | 'aborted';
      /** Without secrets. */
      readonly message: string;
    };

/** What sends calls: HTTP in the service, a script in tests. */
export interface ChatClient {
  /** Never rejects, and resolves at once when the signal aborts. */
  send(call: ChatCall): Promise<ChatResult>;
  close(): Promise<void>;
}
