/**
 * A provider of the OpenAI-compatible API that behaves as real ones do when things go well and when they do not: limits
 * per account and second, latencies with stragglers, and every fault that a client must survive. For tests,
 * measurements and trying things out; it listens on loopback alone.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RiskLevel } from '../detect/detection-message.ts';
import { type Clock, realClock } from '../time/clock.ts';
import { type Random, seededRandom } from '../time/random.ts';
import { Account, type Refusal } from './account.ts';
import { answerTo } from './answer.ts';
import { type ChatRequest, promptTokens, readChatRequest, textTokens } from './chat-request.ts';
import { answerControl } from './control.ts';
import {
  type AccountLimits,
  type FakeFault,
  type FakeFaultInput,
  type FakeLatency,
  type FakeOptionsInput,
  fakeOptionsSchema,
  faultSchema,
} from './fake-options.ts';
import { FaultList } from './fault-list.ts';
import { drawLatencyMs } from './latency.ts';
import { type FakeStatistics, StatisticsKeeper } from './statistics.ts';

const host = '127.0.0.1';
const keepAliveMs = 120_000;
const mostBodyBytes = 33_554_432;
const hugeText = 'x'.repeat(4_194_304);
const completionsPath = /^(?:\/(?<endpoint>[\w-]+))?\/v1\/chat\/completions$/;
const wrongKeyMessage = 'Incorrect API key provided.';

/** What has come in, whatever it is. */
interface Arrival {
  readonly method: string | undefined;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly arrivedMs: number;
}

/** One call, as far as it has come. */
interface Call {
  readonly arrivedMs: number;
  readonly key: string;
  readonly endpoint: string;
  readonly response: ServerResponse;
}

export class FakeProvider {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #server: Server;
  readonly #statistics: StatisticsKeeper;
  readonly #faults: FaultList;
  readonly #accounts = new Map<string, Account>();
  readonly #keys: ReadonlyMap<string, string>;
  readonly #revoked = new Set<string>();
  #limits: Readonly<Record<string, AccountLimits>>;
  #latency: FakeLatency;
  #risk: RiskLevel | undefined;
  #lastNumber = 0;
  #connections = 0;

  private constructor(options: FakeOptionsInput, clock: Clock) {
    const { keys, limits, latency, faults, risk, seed } = fakeOptionsSchema.parse(options);
    this.#clock = clock;
    this.#random = seededRandom(seed);
    this.#keys = new Map(Object.entries(keys));
    this.#limits = limits;
    this.#latency = latency;
    this.#risk = risk;
    this.#statistics = new StatisticsKeeper(clock.monotonicMs());
    this.#faults = new FaultList(this.#random);
    this.#faults.set(faults);
    this.#server = createServer((request, response) => this.#onRequest(request, response));
    this.#server.keepAliveTimeout = keepAliveMs;
    this.#server.on('connection', () => {
      this.#connections += 1;
    });
  }

  /** Starts one; `port` 0 lets the system choose. */
  static async start(
    options: FakeOptionsInput,
    { port = 0, clock = realClock }: { readonly port?: number; readonly clock?: Clock } = {},
  ): Promise<FakeProvider> {
    const provider = new FakeProvider(options, clock);
    await new Promise<void>((resolve, reject) => {
      provider.#server.once('error', reject);
      provider.#server.listen(port, host, resolve);
    });
    return provider;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address to give as an endpoint's; with a name, that of one of several endpoints. */
  baseUrl(endpoint?: string): string {
    return `http://${host}:${this.port}${endpoint === undefined ? '' : `/${endpoint}`}/v1`;
  }

  /** Connections that were opened so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Other faults from now on. */
  setFaults(faults: readonly FakeFaultInput[]): void {
    this.#faults.set(faults.map((fault) => faultSchema.parse(fault)));
  }

  /** What is found in every group from now on. */
  setRisk(risk: RiskLevel): void {
    this.#risk = risk;
  }

  setLatency(latency: FakeLatency): void {
    this.#latency = latency;
  }

  /** Other limits from now on; what was counted is forgotten. */
  setLimits(limits: Readonly<Record<string, AccountLimits>>): void {
    this.#limits = limits;
    this.#accounts.clear();
  }

  revoke(keys: readonly string[]): void {
    for (const key of keys) this.#revoked.add(key);
  }

  restore(keys: readonly string[]): void {
    for (const key of keys) this.#revoked.delete(key);
  }

  statistics(): FakeStatistics {
    return this.#statistics.read();
  }

  resetStatistics(): void {
    this.#statistics.reset(this.#clock.monotonicMs());
  }

  /** Ends what is in flight, too. Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const arrivedMs = this.#clock.monotonicMs();
    const path = new URL(request.url ?? '/', `http://${host}`).pathname;
    readBody(request)
      .then((body) => this.#route({ method: request.method, path, request, response, arrivedMs }, body))
      .catch(() => response.destroy());
  }

  #route({ method, path, request, response, arrivedMs }: Arrival, body: string): void {
    if (path.startsWith('/control/')) {
      send(response, 200, {}, answerControl(this, method, path, body));
      return;
    }
    const match = completionsPath.exec(path);
    if (match === null || method !== 'POST') {
      send(response, 404, {}, errorBody('not_found', 'No such path.'));
      return;
    }
    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    this.#onCall({ arrivedMs, key, endpoint: match.groups?.endpoint ?? '', response }, body);
  }

  #onCall(call: Call, body: string): void {
    this.#statistics.count('requests');
    this.#statistics.began();
    call.response.once('close', () => this.#statistics.ended());
    const account = this.#keys.get(call.key);
    if (account === undefined || this.#revoked.has(call.key)) {
      this.#statistics.count('unauthorised');
      send(call.response, 401, {}, errorBody('invalid_api_key', wrongKeyMessage));
      return;
    }
    const request = readChatRequest(body);
    if ('fault' in request) {
      this.#statistics.count('badRequests');
      send(call.response, 400, {}, errorBody('invalid_parameter_error', request.fault));
      return;
    }
    const text = answerTo(request, this.#risk);
    const fault = this.#faults.hit(call);
    if (fault !== undefined) this.#statistics.count('faults');
    if (fault !== undefined && this.#failsAtOnce(call, fault)) return;
    const refusal = this.#accountOf(account).admit(call.arrivedMs, promptTokens(request) + textTokens(text));
    if (refusal !== undefined) {
      this.#statistics.refused(refusal.code);
      this.#refuse(call, account, refusal);
      return;
    }
    this.#statistics.admitted(call.key, call.arrivedMs);
    if (fault?.kind !== 'hang') this.#answerLater(call, request, text, fault);
  }

  /** Faults that come before admission; true where the call is over. */
  #failsAtOnce({ response }: Call, fault: FakeFault): boolean {
    if (fault.kind === 'status') {
      const headers = {
        ...(fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }),
        ...(fault.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(fault.retryAfterMs) }),
      };
      send(response, fault.status, headers, errorBody('fault', fault.message ?? `Fault with status ${fault.status}.`));
      return true;
    }
    if (fault.kind === 'reset') response.socket?.destroy();
    return fault.kind === 'reset';
  }

  #refuse({ response }: Call, account: string, { code, message }: Refusal): void {
    const seconds = this.#limitsOf(account).retryAfterSeconds;
    send(response, 429, seconds === undefined ? {} : { 'retry-after': String(seconds) }, errorBody(code, message));
  }

  #answerLater({ response }: Call, request: ChatRequest, text: string, fault: FakeFault | undefined): void {
    const extraMs = fault?.kind === 'slow' ? fault.latencyMs : 0;
    const latencyMs = drawLatencyMs(this.#latency, this.#random) + extraMs;
    const cancel = this.#clock.after(latencyMs, () => {
      this.#statistics.count('answered');
      this.#answer(response, request, text, fault?.kind);
    });
    response.once('close', () => {
      if (response.writableEnded || response.headersSent) return;
      cancel();
      this.#statistics.count('cancelled');
    });
  }

  #answer(response: ServerResponse, request: ChatRequest, text: string, fault: FakeFault['kind'] | undefined): void {
    const said = fault === 'invalid-answer' ? 'I am sorry, I cannot see any danger here.' : text;
    const body = this.#completion(request, fault === 'huge' ? hugeText : said);
    if (fault === 'bad-json') send(response, 200, {}, body.slice(0, body.length / 2));
    else if (fault === 'cut') cutOff(response, body);
    else send(response, 200, {}, body);
  }

  #completion(request: ChatRequest, text: string): string {
    const prompt = promptTokens(request);
    const answer = textTokens(text);
    this.#lastNumber += 1;
    return JSON.stringify({
      id: `chatcmpl-fake-${this.#lastNumber}`,
      object: 'chat.completion',
      created: Math.floor(this.#clock.nowMs() / 1000),
      model: request.model,
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }],
      usage: {
        prompt_tokens: prompt,
        completion_tokens: answer,
        total_tokens: prompt + answer,
        prompt_tokens_details: { cached_tokens: 0 },
      },
    });
  }

  #accountOf(name: string): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = new Account(this.#limitsOf(name));
      this.#accounts.set(name, account);
    }
    return account;
  }

  #limitsOf(account: string): AccountLimits {
    return this.#limits[account] ?? this.#limits['*'] ?? {};
  }
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > mostBodyBytes) reject(new RangeError('the body is too large'));
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
  });
}

function errorBody(code: string, message: string): string {
  return JSON.stringify({ error: { message, type: code, param: null, code } });
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Promises the whole body and closes in its middle. */
function cutOff(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.socket?.destroy());
}
