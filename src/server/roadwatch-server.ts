/**
 * HTTP and WebSocket for the operator's page, the existing front end and dashboards. Runs on the event loop. What can be
 * reached, and by whom, stands in the table that `#table` puts together.
 */
import uWS from 'uWebSockets.js';
import { Access } from '../auth/access.ts';
import { RoadwatchError } from '../errors.ts';
import type { Log } from '../log.ts';
import { alertRoutes } from './alert-routes.ts';
import { cameraRoutes } from './camera-routes.ts';
import { type CameraSettingsParts, cameraSettingsRoutes } from './camera-settings-routes.ts';
import { Gate } from './gate.ts';
import { mountRoutes } from './mount-routes.ts';
import { pageRoutes } from './page-routes.ts';
import { checkPortIsFree } from './port-check.ts';
import type { RouteTable } from './route.ts';
import { SocketHub } from './socket-hub.ts';
import type { StaticPage } from './static-page.ts';
import { type SystemAnswers, systemRoutes } from './system-routes.ts';
import { ViewerSocket, type ViewerSocketOptions } from './viewer-socket.ts';

export interface ServerOptions extends SystemAnswers, CameraSettingsParts, ViewerSocketOptions {
  /** Address to listen on. */
  readonly host: string;
  readonly page: StaticPage;
  readonly log: Log;
}

export class RoadwatchServer {
  /** All that can be reached, and the role that it needs. */
  readonly table: RouteTable;
  readonly #app = uWS.App();
  readonly #hub: SocketHub;
  readonly #viewerSocket: ViewerSocket;
  #port = 0;

  private constructor(options: ServerOptions) {
    const { config, clock, log } = options;
    const access = new Access(config.authToken, config.allowedOrigins, config.allowAnonymous);
    const gate = new Gate(access, clock, log);
    this.#viewerSocket = new ViewerSocket(options);
    this.table = {
      routes: [
        ...systemRoutes(options),
        ...cameraRoutes(options.registry, clock),
        ...cameraSettingsRoutes(options),
        ...alertRoutes(options.alerts),
        ...pageRoutes(options.page, access),
      ],
      sockets: [this.#viewerSocket.endpoint],
    };
    this.#hub = new SocketHub(gate, log);
    this.#hub.mount(this.#app, this.table.sockets);
    mountRoutes(this.#app, this.table.routes, gate, log);
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

  /** WebSocket clients that look at cameras. */
  get viewers(): number {
    return this.#viewerSocket.viewers;
  }

  /** Ends every connection and stops listening. Safe to call twice. */
  async close(): Promise<void> {
    this.#viewerSocket.close();
    this.#hub.close();
    this.#app.close();
  }
}
