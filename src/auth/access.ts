/** Who may in: a token, where one is configured, and the origins of pages. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** What a request shows of itself. */
export interface Credentials {
  readonly authorization: string;
  readonly cookie: string;
  /** The query's `token`. */
  readonly queryToken: string;
}

export const tokenCookie = 'roadwatch_token';

export class Access {
  readonly #tokenHash: Buffer | undefined;
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #allowAnonymous: boolean;

  /** Without a token everybody who reaches the port may in; `allowAnonymous`: that is so on purpose. */
  constructor(token: string | undefined, allowedOrigins: readonly string[], allowAnonymous: boolean) {
    this.#allowAnonymous = allowAnonymous;
    this.#tokenHash = token === undefined ? undefined : sha256(token);
    this.#allowedOrigins = new Set(allowedOrigins);
  }

  get tokenRequired(): boolean {
    return this.#tokenHash !== undefined;
  }

  /** Takes the same time whatever was shown. */
  mayEnter(credentials: Credentials): boolean {
    if (this.#tokenHash === undefined) return true;
    return shownTokens(credentials)
      .map((token) => this.isToken(token))
      .includes(true);
  }

  /** Fingerprints of the wrong tokens that are shown: the same token has the same one. */
  wrongTokens(credentials: Credentials): string[] {
    return shownTokens(credentials)
      .filter((token) => token !== '' && !this.isToken(token))
      .map((token) => sha256(token).toString('base64'));
  }

  isToken(token: string): boolean {
    return this.#tokenHash !== undefined && timingSafeEqual(sha256(token), this.#tokenHash);
  }

  /**
   * Whether a request for this host (its Host header) is meant for us. Without a token, what keeps strangers out is that
   * only this machine can connect; a foreign page whose name leads to 127.0.0.1 would get round that.
   */
  isForUs(host: string): boolean {
    if (this.tokenRequired || this.#allowAnonymous || host === '') return true;
    const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    return name === 'localhost' || isIP(name) !== 0;
  }

  /**
   * Whether a page of this origin may open the WebSocket: the own page, and those configured. A client without an
   * origin is no browser, so nobody's page.
   */
  mayOpenSocket(origin: string, host: string): boolean {
    if (origin === '' || this.#allowedOrigins.has('*') || this.#allowedOrigins.has(origin)) return true;
    try {
      return new URL(origin).host === host;
    } catch {
      return false;
    }
  }
}

/**
 * The header that lets a browser keep the token, out of reach of scripts. It comes along when a link on another site leads
 * here; that site's own requests go without it, and its WebSocket is refused by its origin.
 */
export function tokenCookieHeader(token: string): string {
  return `${tokenCookie}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Lax`;
}

/** Empty where none was shown. */
function shownTokens({ authorization, cookie, queryToken }: Credentials): string[] {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  return [bearer, cookieToken(cookie), queryToken];
}

function cookieToken(header: string): string {
  for (const part of header.split(';')) {
    const [name, value = ''] = part.trim().split('=');
    if (name !== tokenCookie) continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return '';
    }
  }
  return '';
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
