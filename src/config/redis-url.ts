import { isLoopback } from './loopback.ts';

/** Where a Redis server is, as its URL says. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** Number of the database. */
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** The connection is encrypted, and the name in the server's certificate checked. */
  readonly tls: boolean;
}

const defaultPort = 6379;
const path = /^\/?(\d{1,5})?$/;

/** `redis://[[user]:password@]host[:port][/db]`, or rediss:// for TLS; undefined where the text is something else. */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  if (!/^rediss?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const db = path.exec(url.pathname);
  const username = decoded(url.username);
  const password = decoded(url.password);
  const isWhole = url.hostname !== '' && url.port !== '0' && db !== null && url.search === '' && url.hash === '';
  if (!isWhole || username === undefined || password === undefined) return undefined;
  return {
    // IPv6 addresses stand in brackets.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    db: Number(db[1] ?? 0),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    tls: url.protocol === 'rediss:',
  };
}

/** Whether a password would travel unencrypted to another machine. */
export function exposesPassword({ host, password, tls }: RedisAddress): boolean {
  return password !== undefined && !tls && !isLoopback(host);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
