/**
 * HTTP and WebSocket for the operator's page, the existing front end and dashboards. Runs on the event loop. What can be
 * reached, and by whom, stands in the table that the constructor puts together.
 */
import { Access } from '../auth/access.ts';
import type { Auth } from '../auth/auth.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import { accountRoutes } from './account-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { AuditTrail } from './audit-trail.ts';
import { cameraRoutes } from './camera-routes.ts';
import { type CameraSettingsParts, cameraSettingsRoutes } from './camera-settings-routes.ts';
import { Gate } from './gate.ts';
import { Listener } from './listener.ts';
import { mountRoutes } from './mount-routes.ts';
import { pageRoutes } from './page-routes.ts';
import { checkPortIsFree } from './port-check.ts';
import type { RouteTable } from './route.ts';
import { sessionRoutes } from './session-routes.ts';
import { SocketHub } from './socket-hub.ts';
import type { StaticPage } from './static-page.ts';
import { type SystemAnswers, systemRoutes } from './system-routes.ts';
import { checkTlsFiles, type TlsFiles, TlsWatch } from './tls-files.ts';
import { tokenRoutes } from './token-routes.ts';
import { ViewerSocket, type ViewerSocketOptions } from './viewer-socket.ts';

export interface ServerOptions extends SystemAnswers, CameraSettingsParts, ViewerSocketOptions {
  /** Address to listen on. */
  readonly host: string;
  readonly auth: Auth;
  readonly page: StaticPage;
  readonly log: Log;
}

export class RoadwatchServer {
  /** All that can be reached, and the role that it needs. */
  readonly table: RouteTable;
  readonly #options: ServerOptions;
  readonly #hub: SocketHub;
  readonly #viewerSocket: ViewerSocket;
  readonly #listener: Listener;
  #tlsWatch: TlsWatch | undefined;

  private constructor(options: ServerOptions) {
    const { config, auth, clock, log } = options;
    const isSecure = config.tls !== undefined;
    this.#options = options;
    const trail = new AuditTrail(auth.book, clock);
    this.#viewerSocket = new ViewerSocket(options, trail);
    this.table = {
      routes: [
        ...systemRoutes(options),
        ...sessionRoutes(auth, isSecure),
        ...accountRoutes(auth),
        ...tokenRoutes(auth.accounts),
        ...auditRoutes(auth.book),
        ...cameraRoutes(options.registry, clock),
        ...cameraSettingsRoutes(options),
        ...alertRoutes(options.alerts),
        ...pageRoutes(options.page, auth.identity, isSecure),
      ],
      sockets: [this.#viewerSocket.endpoint],
    };
    const gate = new Gate(new Access(config.allowedOrigins), auth.identity, log);
    this.#hub = new SocketHub(gate, log);
    auth.book.onLook(() => this.#hub.dropUnwelcome());
    this.#listener = new Listener({
      tls: config.tls,
      mount: (app) => {
        this.#hub.mount(app, this.table.sockets);
        mountRoutes(app, this.table.routes, { gate, trail, log, isSecure });
      },
    });
  }

  /**
   * Resolves when it listens. Throws RoadwatchError `port-in-use` or `cannot-listen`, naming the address, and
   * `bad-certificate`, naming the file.
   */
  static async listen(options: ServerOptions): Promise<RoadwatchServer> {
    const { port, tls } = options.config;
    const fingerprint = tls === undefined ? undefined : await checkTlsFiles(tls);
    await checkPortIsFree(options.host, port);
    const server = new RoadwatchServer(options);
    await server.#listener.listen(options.host, port);
    if (tls !== undefined && fingerprint !== undefined) server.#watch(tls, fingerprint);
    return server;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** WebSocket clients that look at cameras. */
  get viewers(): number {
    return this.#viewerSocket.viewers;
  }

  /** Listens on another address as well. Throws RoadwatchError `cannot-listen`. */
  listenAlso(host: string): Promise<void> {
    return this.#listener.listen(host, this.port);
  }

  /** Looks whether the certificate has changed; it does so by itself every few seconds. */
  async lookAtCertificate(): Promise<void> {
    await this.#tlsWatch?.look();
  }

  /** Ends every connection and stops listening. Safe to call twice. */
  async close(): Promise<void> {
    this.#tlsWatch?.close();
    this.#viewerSocket.close();
    this.#hub.close();
    this.#listener.close();
  }

  #watch(files: TlsFiles, known: string): void {
    const { clock, log } = this.#options;
    this.#tlsWatch = new TlsWatch({
      files,
      known,
      clock,
      onChange: (fingerprint) => this.#renewCertificate(fingerprint),
      onProblem: (error) => log.error({ code: error.code }, `the certificate stays as it is: ${error.message}`),
    });
  }

  async #renewCertificate(fingerprint: string): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#listener.renewCertificate();
      log.info({ fingerprint }, 'new connections get the new certificate');
    } catch (error) {
      log.error({ code: errorCode(error) }, `the new certificate cannot be used: ${errorMessage(error)}`);
    }
  }
}
