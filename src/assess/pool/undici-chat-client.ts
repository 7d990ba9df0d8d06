import { type Dispatcher, Pool } from 'undici';
import { errorCode, errorMessage } from '../../errors.ts';
import type { ChatCall, ChatClient, ChatResult } from './chat-client.ts';

const connectTimeoutMs = 3000;
/** An idle connection is kept this long: calls come in bursts, and TLS is slow to set up. */
const keepAliveMs = 60_000;
/** A completion is a few kB; what is larger is none. */
const maxBodyBytes = 1_048_576;
/** Connections beyond the calls in flight: one that was ended is replaced before it has closed. */
const spareConnections = 14;
/** The caller's own time-out comes first; this one is for connections that it has forgotten. */
const backstopMs = 2000;

/** Chat completions over HTTP: one undici pool of connections for each origin. */
export class UndiciChatClient implements ChatClient {
  readonly #connections: number;
  readonly #timeoutMs: number;
  readonly #pools = new Map<string, Pool>();
  #isClosed = false;

  constructor({ maxInFlight, timeoutMs }: { readonly maxInFlight: number; readonly timeoutMs: number }) {
    this.#connections = maxInFlight + spareConnections;
    this.#timeoutMs = timeoutMs + backstopMs;
  }

  send({ baseUrl, secret, body, signal, onSent }: ChatCall): Promise<ChatResult> {
    return new Promise((resolve) => {
      if (this.#isClosed || signal.aborted) {
        resolve({ kind: 'failed', cause: 'aborted', message: 'ended before it was sent' });
        return;
      }
      const exchange = new Exchange(signal, onSent, resolve);
      const headers = {
        authorization: `Bearer ${secret.reveal()}`,
        'content-type': 'application/json',
        accept: 'application/json',
      };
      try {
        const { origin, pathname } = new URL(baseUrl);
        const path = `${pathname.replace(/\/+$/, '')}/chat/completions`;
        this.#poolOf(origin).dispatch({ path, method: 'POST', headers, body }, exchange);
        exchange.dispatched();
      } catch (error) {
        exchange.fail('connection', errorMessage(error));
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #poolOf(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: this.#connections,
        pipelining: 1,
        connect: { timeout: connectTimeoutMs },
        headersTimeout: this.#timeoutMs,
        bodyTimeout: this.#timeoutMs,
        keepAliveTimeout: keepAliveMs,
        maxResponseSize: maxBodyBytes,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

/** One request and its response; read to its end, so that the connection can be used again. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #onSent: () => void;
  readonly #resolve: (result: ChatResult) => void;
  readonly #onAbort = () => this.fail('aborted', 'ended by the caller');
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #isOver = false;

  constructor(signal: AbortSignal, onSent: () => void, resolve: (result: ChatResult) => void) {
    this.#signal = signal;
    this.#onSent = onSent;
    this.#resolve = resolve;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The dispatcher has returned: where a connection was free, all is in its socket now. */
  dispatched(): void {
    if (this.#controller !== undefined && !this.#isOver) this.#onSent();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('ended by the caller'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#headers = firstOfEach(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks).toString('utf8');
    this.#end({ kind: 'response', status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.#causeOf(errorCode(error)), errorMessage(error));
  }

  /** Ends it, once; where it is under way, its connection is closed. */
  fail(cause: Extract<ChatResult, { kind: 'failed' }>['cause'], message: string): void {
    if (this.#isOver) return;
    this.#end({ kind: 'failed', cause, message });
    if (this.#controller !== undefined && !this.#controller.aborted) this.#controller.abort(new Error(message));
  }

  #end(result: ChatResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#resolve(result);
  }

  #causeOf(code: string): 'timeout' | 'too-large' | 'cut' | 'connection' {
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'timeout';
    if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'too-large';
    return this.#status > 0 ? 'cut' : 'connection';
  }
}

function firstOfEach(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const firsts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) firsts[name.toLowerCase()] = first;
  }
  return firsts;
}
