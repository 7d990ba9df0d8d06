/** The WebSocket endpoints of the table on a uWebSockets.js app, each behind the gate, and the clients that are connected. */
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import type { Caller } from '../auth/caller.ts';
import { errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import { closeCodes } from './close-codes.ts';
import type { Gate } from './gate.ts';
import { decodedParameters } from './path-parameters.ts';
import { type Reply, refusal, send } from './reply.ts';
import { readFacts } from './request-facts.ts';
import type { Connection, SocketClient, SocketEndpoint } from './route.ts';

const idleTimeoutSeconds = 120;
/** What uWebSockets.js answers when a message would not fit. */
const dropped = 2;

type MakeClient = (connection: Connection) => SocketClient;

/** Before the upgrade: who it is, and what makes a client of the connection. */
interface Admitted {
  readonly caller: Caller;
  readonly makeClient: MakeClient;
}

interface SocketData extends Admitted {
  readonly endpoint: SocketEndpoint;
  connection?: SocketConnection;
  client?: SocketClient;
}

export class SocketHub {
  readonly #gate: Gate;
  readonly #log: Log;
  readonly #sockets = new Set<WebSocket<SocketData>>();
  readonly #counts = new Map<SocketEndpoint, number>();

  constructor(gate: Gate, log: Log) {
    this.#gate = gate;
    this.#log = log;
  }

  mount(app: TemplatedApp, endpoints: readonly SocketEndpoint[]): void {
    for (const endpoint of endpoints) {
      app.ws<SocketData>(endpoint.path, {
        maxPayloadLength: endpoint.maxMessageBytes,
        maxBackpressure: endpoint.maxBufferedBytes,
        idleTimeout: idleTimeoutSeconds,
        sendPingsAutomatically: true,
        upgrade: (response, request, context) => this.#upgrade(endpoint, response, request, context),
        open: (socket) => this.#open(socket),
        message: (socket, message, isBinary) => socket.getUserData().client?.receive(Buffer.from(message), isBinary),
        close: (socket) => this.#closed(socket),
      });
    }
  }

  /** Ends every connection. */
  close(): void {
    for (const socket of [...this.#sockets]) socket.end(closeCodes.goingAway, 'the service is stopping');
  }

  /** Ends those whose session or token has ended, or whose account may something else now. */
  dropUnwelcome(): void {
    for (const socket of [...this.#sockets]) {
      const { caller, connection } = socket.getUserData();
      if (!this.#gate.isStillWelcome(caller)) connection?.close(closeCodes.loggedOut, 'log in again');
    }
  }

  #upgrade(endpoint: SocketEndpoint, response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const prepared = this.#prepare(endpoint, response, request);
    if ('status' in prepared) {
      send(response, prepared);
      return;
    }
    response.upgrade<SocketData>(
      { endpoint, ...prepared },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  }

  #prepare(endpoint: SocketEndpoint, response: HttpResponse, request: HttpRequest): Reply | Admitted {
    const facts = readFacts(response, request);
    const caller = this.#gate.admit(facts, endpoint.role, true);
    if ('status' in caller) return caller;
    const { maxConnections } = endpoint;
    if ((this.#counts.get(endpoint) ?? 0) >= maxConnections) {
      const words = `${maxConnections} clients are connected already`;
      return refusal(503, 'too-many-connections', words, { 'Retry-After': '5' });
    }
    const parameters = decodedParameters(endpoint.path, request);
    if (parameters === undefined) return refusal(400, 'bad-path', 'expected a path in UTF-8, percent-encoded');
    try {
      const makeClient = endpoint.prepare({ ...facts, parameters, caller });
      return 'status' in makeClient ? makeClient : { caller, makeClient };
    } catch (error) {
      this.#log.error({ path: facts.path, err: error }, `an upgrade failed: ${errorMessage(error)}`);
      return refusal(500, 'internal', 'the request failed; see the log');
    }
  }

  #open(socket: WebSocket<SocketData>): void {
    const data = socket.getUserData();
    this.#sockets.add(socket);
    this.#count(data.endpoint, 1);
    data.connection = new SocketConnection(socket);
    data.client = data.makeClient(data.connection);
  }

  #closed(socket: WebSocket<SocketData>): void {
    const { endpoint, connection, client } = socket.getUserData();
    if (!this.#sockets.delete(socket)) return;
    connection?.lost();
    this.#count(endpoint, -1);
    client?.close();
  }

  #count(endpoint: SocketEndpoint, change: number): void {
    this.#counts.set(endpoint, (this.#counts.get(endpoint) ?? 0) + change);
  }
}

/** A WebSocket that may be gone: uWebSockets.js takes no call after that. */
class SocketConnection implements Connection {
  readonly #socket: WebSocket<SocketData>;
  #isGone = false;

  constructor(socket: WebSocket<SocketData>) {
    this.#socket = socket;
  }

  sendText(message: string | Buffer): boolean {
    return this.#isGone || this.#socket.send(message, false) !== dropped;
  }

  sendBinary(message: Buffer): boolean {
    return this.#isGone || this.#socket.send(message, true) !== dropped;
  }

  bufferedBytes(): number {
    return this.#isGone ? 0 : this.#socket.getBufferedAmount();
  }

  close(code: number, reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#socket.end(code, reason);
  }

  /** The client has gone. */
  lost(): void {
    this.#isGone = true;
  }
}
