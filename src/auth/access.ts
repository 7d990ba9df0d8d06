/** Which requests are meant for us, and which pages may change something: the host and the origin that they name. */
import { isIP } from 'node:net';

export class Access {
  readonly #allowedOrigins: ReadonlySet<string>;

  constructor(allowedOrigins: readonly string[]) {
    this.#allowedOrigins = new Set(allowedOrigins);
  }

  /**
   * Whether a request for this host (its Host header) is meant for us, where nobody has to say who he is. What keeps
   * strangers out is then that only this machine can connect; a foreign page whose name leads to 127.0.0.1 would get
   * round that.
   */
  isForThisMachine(host: string): boolean {
    if (host === '') return true;
    const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    return name === 'localhost' || isIP(name) !== 0;
  }

  /**
   * Whether a page of this origin may open a WebSocket or change something: the own page, and those configured. A client
   * without an origin is no browser, so nobody's page.
   */
  mayChange(origin: string, host: string): boolean {
    if (origin === '' || this.#allowedOrigins.has('*')) return true;
    return this.mayChangeByCookie(origin, host);
  }

  /** The same where a cookie says who it is, which a browser sends whatever page asks: `*` is not enough then. */
  mayChangeByCookie(origin: string, host: string): boolean {
    if (origin === '' || this.#allowedOrigins.has(origin)) return true;
    try {
      return new URL(origin).host === host;
    } catch {
      return false;
    }
  }
}
