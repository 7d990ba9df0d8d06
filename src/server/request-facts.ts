import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Credentials } from '../auth/access.ts';

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
    address: Buffer.from(response.getRemoteAddressAsText()).toString(),
    header,
  };
}
