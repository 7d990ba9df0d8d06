/** Who may in: a token, where one is configured, and the origins of pages. */
import { createHash, timingSafeEqual } from 'node:crypto';

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

  /** Without a token everybody who reaches the port may in. */
  constructor(token: string | undefined, allowedOrigins: readonly string[]) {
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

  /** Whether there is any token, right or wrong. */
  showsToken(credentials: Credentials): boolean {
    return shownTokens(credentials).some((token) => token !== '');
  }

  isToken(token: string): boolean {
    return this.#tokenHash !== undefined && timingSafeEqual(sha256(token), this.#tokenHash);
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

/** The header that lets a browser keep the token, out of reach of scripts and of other sites. */
export function tokenCookieHeader(token: string): string {
  return `${tokenCookie}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`;
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
