import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Credentials } from '../auth/credentials.ts';

/** By these a proxy tells that it asks for another. */
const proxyHeaders = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'];

/** What is needed of a request: it is gone after the first wait. */
export interface RequestFacts {
  readonly method: string;
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly host: string;
  readonly origin: string;
  readonly credentials: Credentials;
  /** Where the connection comes from. */
  readonly address: string;
  /** It comes by way of a proxy that says so. */
  readonly isProxied: boolean;
  /** A header by its name in small letters; empty where there is none. */
  readonly header: (name: string) => string;
}

export function readFacts(response: HttpResponse, request: HttpRequest): RequestFacts {
  const headers = new Map<string, string>();
  request.forEach((name, value) => {
    headers.set(name, value);
  });
  const header = (name: string) => headers.get(name) ?? '';
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    host: header('host'),
    origin: header('origin'),
    credentials: {
      authorization: header('authorization'),
      cookie: header('cookie'),
      queryToken: request.getQuery('token') ?? '',
    },
    isProxied: proxyHeaders.some((name) => headers.has(name)),
    address: Buffer.from(response.getRemoteAddressAsText()).toString(),
    header,
  };
}
