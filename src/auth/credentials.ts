/** What a request shows of itself, and the cookies in which a browser keeps it. */
export interface Credentials {
  readonly authorization: string;
  readonly cookie: string;
  /** The query's `token`. */
  readonly queryToken: string;
}

/** The token of the configuration, in a browser. */
export const tokenCookie = 'roadwatch_token';
export const sessionCookie = 'roadwatch_session';
/** Which browsers have logged in before. */
export const deviceCookie = 'roadwatch_device';

/** The tokens that are shown, without those that are empty. */
export function shownTokens({ authorization, cookie, queryToken }: Credentials): string[] {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  return [bearer, cookieValue(cookie, tokenCookie), queryToken].filter((token) => token !== '');
}

/** Empty where there is none. */
export function cookieValue(header: string, wanted: string): string {
  for (const part of header.split(';')) {
    const [name, value = ''] = part.trim().split('=');
    if (name !== wanted) continue;
    try {
      return decodeURIComponent(value);
    } catch {
      return '';
    }
  }
  return '';
}

export interface CookieOptions {
  /** The connection is encrypted: the browser shall never send it over another. */
  readonly secure: boolean;
  readonly path?: string;
  /** Unless given, until the browser ends; 0 removes it. */
  readonly maxAgeSeconds?: number;
  /**
   * Lax: a link on another site leads here with it; that site's own requests go without it. Strict, unless given: those
   * links do, too.
   */
  readonly sameSite?: 'Lax' | 'Strict';
}

/** A Set-Cookie header that keeps a value out of reach of scripts. */
export function setCookie(name: string, value: string, options: CookieOptions): string {
  const { secure, path = '/', maxAgeSeconds, sameSite = 'Strict' } = options;
  const parts = [`${name}=${encodeURIComponent(value)}`, `Path=${path}`, 'HttpOnly', `SameSite=${sameSite}`];
  if (maxAgeSeconds !== undefined) parts.push(`Max-Age=${maxAgeSeconds}`);
  if (secure) parts.push('Secure');
  return parts.join('; ');
}
