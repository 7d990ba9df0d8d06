/**
 * HTTP and WebSocket for the operator's page, the existing front end and dashboards. Runs on the event loop; reads
 * everything from a request before it waits for anything, as uWebSockets.js demands.
 */
import uWS, { type HttpRequest, type HttpResponse, type TemplatedApp, type WebSocket } from 'uWebSockets.js';
import { Access, type Credentials, tokenCookieHeader } from '../auth/access.ts';
import { FailedTries } from '../auth/failed-tries.ts';
import type { CameraRegistry } from '../camera/camera-registry.ts';
import type { Config } from '../config/schema.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { DetectionEvent } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import type { OutboxStatus } from '../uplink/outbox-status.ts';
import { alertData } from './alert-data.ts';
import { type AlertAnswers, AlertRoutes, maxAcknowledgementBytes } from './alert-routes.ts';
import type { CameraProbe } from './camera-probe.ts';
import { cameraListEntry } from './camera-state.ts';
import { type DetectionContext, DetectionFrames } from './detection-frames.ts';
import { type KeyAnswer, keyListData } from './key-data.ts';
import type { ServerMessage, UplinkData } from './messages.ts';
import { checkPortIsFree } from './port-check.ts';
import { json, type Reply, refusal, send } from './reply.ts';
import { readBody } from './request-body.ts';
import type { StaticPage } from './static-page.ts';
import { closeCodes, Viewer } from './viewer.ts';
import { parseViewerOptions, type ViewerOptions } from './viewer-options.ts';

/** A little more than the largest message that is answered in words; larger ones end the connection. */
const maxPayloadBytes = 2 * 1_048_576;
const idleTimeoutSeconds = 120;
/** What uWebSockets.js answers when a message would not fit. */
const dropped = 2;

export interface ServerOptions {
  readonly config: Config['server'];
  /** Address to listen on. */
  readonly host: string;
  readonly registry: CameraRegistry;
  readonly probe: CameraProbe;
  readonly page: StaticPage;
  readonly detections: DetectionContext;
  readonly alerts: AlertAnswers;
  /** Who judges and how the API keys stand. */
  readonly keys: () => KeyAnswer;
  /** What waits for the broker; nothing where there is no outbox. */
  readonly outbox: () => OutboxStatus | undefined;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** What is told of the service's health: to everybody, and to those who may in. */
  readonly health: { summary(): object; details(): object };
  readonly clock: Clock;
  readonly log: Log;
  readonly onFrameSkipped: () => void;
}

interface SocketData {
  readonly options: ViewerOptions;
  viewer?: Viewer;
}

interface RequestFacts {
  readonly path: string;
  readonly query: string;
  /** What stands for `:id` in the route's path; empty where it has none. */
  readonly id: string;
  readonly host: string;
  readonly origin: string;
  readonly credentials: Credentials;
  readonly address: string;
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string;
}

type Route = (facts: RequestFacts) => Reply | Promise<Reply>;

export class RoadwatchServer {
  readonly #options: ServerOptions;
  readonly #app: TemplatedApp;
  readonly #access: Access;
  readonly #failedTries: FailedTries;
  readonly #sockets = new Map<WebSocket<SocketData>, Viewer>();
  readonly #frames = new WeakMap<DetectionEvent, DetectionFrames>();
  readonly #detections: DetectionContext;
  readonly #forget: readonly (() => void)[];
  #port = 0;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#access = new Access(options.config.authToken, options.config.allowedOrigins, options.config.allowAnonymous);
    this.#failedTries = new FailedTries(options.clock);
    const { registry, alerts, detections } = options;
    this.#detections = { ...detections, riskOf: ({ cameraId, groups }) => alerts.current.of(cameraId, groups) };
    this.#app = this.#routes(uWS.App());
    this.#forget = [
      registry.onState((cameraId, connection) => {
        for (const viewer of this.#sockets.values()) viewer.onState(cameraId, connection);
      }),
      alerts.onChange(({ change, ...state }) => {
        const message: ServerMessage = { type: 'alert', data: { change, ...alertData(state) } };
        const text = JSON.stringify(message);
        for (const viewer of this.#sockets.values()) viewer.onAlert(text);
      }),
    ];
  }

  /** Resolves when it listens. Throws RoadwatchError `port-in-use` or `cannot-listen`, naming the address. */
  static async listen(options: ServerOptions): Promise<RoadwatchServer> {
    const { port } = options.config;
    await checkPortIsFree(options.host, port);
    const server = new RoadwatchServer(options);
    await new Promise<void>((resolve, reject) => {
      const onListening = (socket: uWS.us_listen_socket | false) => {
        if (!socket) {
          reject(new RoadwatchError('cannot-listen', `cannot listen on ${options.host}:${port}`));
          return;
        }
        server.#port = uWS.us_socket_local_port(socket);
        resolve();
      };
      server.#app.listen(options.host, port, onListening);
    });
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** WebSocket clients that are connected. */
  get viewers(): number {
    return this.#sockets.size;
  }

  /** Ends every connection and stops listening. Safe to call twice. */
  async close(): Promise<void> {
    for (const forget of this.#forget) forget();
    for (const socket of [...this.#sockets.keys()]) socket.end(closeCodes.goingAway, 'the service is stopping');
    this.#app.close();
  }

  #routes(app: TemplatedApp): TemplatedApp {
    const { metrics, registry, clock, keys, outbox } = this.#options;
    const alerts = new AlertRoutes(this.#options.alerts);
    return app
      .ws<SocketData>('/ws', {
        maxPayloadLength: maxPayloadBytes,
        maxBackpressure: this.#options.config.maxBufferedBytes,
        idleTimeout: idleTimeoutSeconds,
        sendPingsAutomatically: true,
        upgrade: (response, request, context) => this.#upgrade(response, request, context),
        open: (socket) => this.#open(socket),
        message: (socket, message, isBinary) => socket.getUserData().viewer?.receive(Buffer.from(message), isBinary),
        close: (socket) => this.#closed(socket),
      })
      .get(
        '/api/health/health_check',
        this.#public((facts) => this.#health(facts)),
      )
      .get(
        '/api/cameras',
        this.#guarded(() => {
          const nowMs = clock.nowMs();
          return json({ cameras: registry.list().flatMap((camera) => cameraListEntry(camera, nowMs) ?? []) });
        }),
      )
      .get(
        '/api/alerts',
        this.#guarded(({ query }) => alerts.list(query)),
      )
      .get(
        '/api/alerts/:id/picture',
        this.#guarded(({ id }) => alerts.picture(id)),
      )
      .post(
        '/api/alerts/:id/acknowledge',
        this.#guardedPost(maxAcknowledgementBytes, ({ id }, body) => alerts.acknowledge(id, body)),
      )
      .get(
        '/api/keys',
        this.#guarded(() => json(keyListData(keys(), clock.nowMs()))),
      )
      .get(
        '/api/uplink',
        this.#guarded(() => json(uplinkData(outbox(), clock.nowMs()))),
      )
      .get(
        '/metrics',
        this.#guarded(async () => ({
          status: 200,
          headers: { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' },
          body: await metrics.text(),
        })),
      )
      .get('/*', this.#pageHandler(false))
      .head('/*', this.#pageHandler(true))
      .any(
        '/*',
        this.#public(() => refusal(405, 'method-not-allowed', 'expected GET or HEAD', { Allow: 'GET, HEAD' })),
      );
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: uWS.us_socket_context_t): void {
    const facts = readFacts(response, request);
    const refused = this.#refuseSocket(facts);
    if (refused) {
      send(response, refused);
      return;
    }
    let options: ViewerOptions;
    try {
      options = parseViewerOptions(request.getQuery());
    } catch (error) {
      send(response, refusal(400, errorCode(error), errorMessage(error)));
      return;
    }
    response.upgrade<SocketData>(
      { options },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  }

  #refuseSocket(facts: RequestFacts): Reply | undefined {
    const misled = this.#refuseMisled(facts);
    if (misled) return misled;
    const { origin, host } = facts;
    if (!this.#access.mayOpenSocket(origin, host)) {
      return refusal(403, 'origin-refused', `pages of ${origin} may not connect (server.allowedOrigins)`);
    }
    const unknown = this.#refuseStranger(facts);
    if (unknown) return unknown;
    const { maxConnections } = this.#options.config;
    if (this.#sockets.size < maxConnections) return undefined;
    return refusal(503, 'too-many-connections', `${maxConnections} clients are connected already`, {
      'Retry-After': '5',
    });
  }

  #refuseMisled({ host }: RequestFacts): Reply | undefined {
    if (this.#access.isForUs(host)) return undefined;
    return refusal(421, 'misdirected', 'expected a request for localhost or an address (server.authToken lifts that)');
  }

  #refuseStranger({ credentials, address }: RequestFacts): Reply | undefined {
    if (!this.#access.tokenRequired) return undefined;
    if (this.#failedTries.isBlocked(address)) {
      return refusal(429, 'too-many-tries', 'too many wrong tokens from this address', { 'Retry-After': '60' });
    }
    if (this.#access.mayEnter(credentials)) return undefined;
    // One that shows nothing guesses nothing: a browser asks without the token before its user gives it.
    const wrong = this.#access.wrongTokens(credentials);
    if (wrong.length > 0 && this.#failedTries.add(address, wrong)) {
      this.#options.log.warn({ address }, 'a client with a wrong token was refused');
    }
    return refusal(401, 'unauthorized', 'expected a valid token (Authorization: Bearer …)', {
      'WWW-Authenticate': 'Bearer realm="roadwatch"',
    });
  }

  #open(socket: WebSocket<SocketData>): void {
    const data = socket.getUserData();
    const { registry, probe, clock, config, onFrameSkipped } = this.#options;
    let closed = false;
    const viewer = new Viewer(
      {
        sendText: (message) => closed || socket.send(message, false) !== dropped,
        sendBinary: (message) => closed || socket.send(message, true) !== dropped,
        bufferedBytes: () => (closed ? 0 : socket.getBufferedAmount()),
        close: (code, reason) => {
          closed = true;
          socket.end(code, reason);
        },
      },
      data.options,
      { registry, probe, clock, limits: config, onFrameSkipped, framesOf: (event) => this.#framesOf(event) },
    );
    data.viewer = viewer;
    this.#sockets.set(socket, viewer);
    viewer.open();
  }

  #closed(socket: WebSocket<SocketData>): void {
    this.#sockets.get(socket)?.close();
    this.#sockets.delete(socket);
  }

  #framesOf(event: DetectionEvent): DetectionFrames {
    const known = this.#frames.get(event);
    if (known) return known;
    const frames = new DetectionFrames(event, this.#detections);
    this.#frames.set(event, frames);
    return frames;
  }

  #health(facts: RequestFacts): Reply {
    const { health } = this.#options;
    // Guesses count here as anywhere: the details tell whether one was right.
    const trusted = this.#refuseStranger(facts) === undefined;
    return json(trusted ? { ...health.summary(), ...health.details() } : health.summary());
  }

  #pageHandler(withoutBody: boolean): (response: HttpResponse, request: HttpRequest) => void {
    return (response, request) => {
      // uWebSockets.js wants one from whoever does not end an answer with a body.
      response.onAborted(() => undefined);
      send(response, this.#page(readFacts(response, request)), withoutBody);
    };
  }

  #page(facts: RequestFacts): Reply {
    const refused = this.#refuseMisled(facts) ?? this.#refuseStranger(facts);
    if (refused) return refused;
    const { queryToken } = facts.credentials;
    // The token moves out of the address, where histories and logs would keep it.
    if (this.#access.isToken(queryToken)) {
      const headers = {
        Location: facts.path,
        'Set-Cookie': tokenCookieHeader(queryToken),
        'Cache-Control': 'no-store',
      };
      return { status: 303, headers, body: '' };
    }
    return this.#options.page.answer(facts) ?? refusal(404, 'not-found', `there is nothing at ${facts.path}`);
  }

  #guarded(route: Route): (response: HttpResponse, request: HttpRequest) => void {
    return this.#public((facts) => this.#refuseStranger(facts) ?? route(facts));
  }

  /** A route that changes something. Of pages, only those may use it that may open the WebSocket. */
  #guardedPost(
    maxBodyBytes: number,
    route: (facts: RequestFacts, body: string | undefined) => Promise<Reply>,
  ): (response: HttpResponse, request: HttpRequest) => void {
    return (response, request) => {
      const body = readBody(response, maxBodyBytes);
      const guarded = this.#guarded(async (facts) => this.#refuseForeign(facts) ?? route(facts, await body));
      guarded(response, request);
    };
  }

  #refuseForeign({ origin, host }: RequestFacts): Reply | undefined {
    if (this.#access.mayOpenSocket(origin, host)) return undefined;
    return refusal(403, 'origin-refused', `pages of ${origin} may not change anything (server.allowedOrigins)`);
  }

  /** A route for everybody. */
  #public(route: Route): (response: HttpResponse, request: HttpRequest) => void {
    return (response, request) => {
      let aborted = false;
      response.onAborted(() => {
        aborted = true;
      });
      const facts = readFacts(response, request);
      this.#answer(route, facts).then((reply) => {
        if (!aborted) send(response, reply);
      });
    };
  }

  async #answer(route: Route, facts: RequestFacts): Promise<Reply> {
    try {
      return this.#refuseMisled(facts) ?? (await route(facts));
    } catch (error) {
      this.#options.log.error({ path: facts.path, err: error }, `a request failed: ${errorMessage(error)}`);
      return refusal(500, 'internal', 'the request failed; see the log');
    }
  }
}

/** What is needed of a request: it is gone after the first wait. */
function readFacts(response: HttpResponse, request: HttpRequest): RequestFacts {
  return {
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    id: request.getParameter(0) ?? '',
    host: request.getHeader('host'),
    origin: request.getHeader('origin'),
    credentials: {
      authorization: request.getHeader('authorization'),
      cookie: request.getHeader('cookie'),
      queryToken: request.getQuery('token') ?? '',
    },
    address: Buffer.from(response.getRemoteAddressAsText()).toString(),
    acceptEncoding: request.getHeader('accept-encoding'),
    ifNoneMatch: request.getHeader('if-none-match'),
  };
}

function uplinkData(outbox: OutboxStatus | undefined, nowMs: number): UplinkData {
  return { nowMs, ...(outbox === undefined ? {} : { outbox }) };
}
