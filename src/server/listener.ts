/**
 * The listening sockets of the server. uWebSockets.js cannot give a running app another certificate: for a new one an app is
 * made with the same routes and takes over the port, and the connections of the one before go on until they end.
 */
import uWS, { type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import { RoadwatchError } from '../errors.ts';
import type { TlsFiles } from './tls-files.ts';

export interface ListenerOptions {
  readonly tls: TlsFiles | undefined;
  /** Puts the routes on a new app. */
  readonly mount: (app: TemplatedApp) => void;
}

interface Listening {
  readonly host: string;
  readonly socket: us_listen_socket;
}

export class Listener {
  readonly #options: ListenerOptions;
  /** The newest last; those before have connections alone. */
  readonly #apps: TemplatedApp[] = [];
  readonly #listening: Listening[] = [];
  #port = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#apps.push(this.#newApp());
  }

  get port(): number {
    return this.#port;
  }

  /** Listens on this address, beside those before; all have one port. Rejects with RoadwatchError `cannot-listen`. */
  async listen(host: string, port: number): Promise<void> {
    const socket = await listenOn(this.#apps.at(-1) as TemplatedApp, host, port);
    this.#listening.push({ host, socket });
    this.#port = uWS.us_socket_local_port(socket);
  }

  /**
   * New connections get the certificate that is in the files now; those that are open keep theirs. A connection that is being
   * opened at this moment may have to be opened again. Rejects where the files cannot be used, and where the system chose the
   * port: such a one is not shared. Then all stays as it is.
   */
  async renewCertificate(): Promise<void> {
    const app = this.#newApp();
    this.#apps.push(app);
    for (const [index, { host, socket }] of this.#listening.entries()) {
      const next = await listenOn(app, host, this.#port);
      uWS.us_listen_socket_close(socket);
      this.#listening[index] = { host, socket: next };
    }
  }

  /** Ends every connection and stops listening. Safe to call twice. */
  close(): void {
    for (const app of this.#apps.splice(0)) app.close();
  }

  #newApp(): TemplatedApp {
    const { tls, mount } = this.#options;
    const app =
      tls === undefined ? uWS.App() : uWS.SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
    mount(app);
    return app;
  }
}

function listenOn(app: TemplatedApp, host: string, port: number): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    app.listen(host, port, (socket) => {
      if (socket) resolve(socket);
      else reject(new RoadwatchError('cannot-listen', `cannot listen on ${host}:${port}`));
    });
  });
}
