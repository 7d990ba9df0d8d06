/** What accounts refuse, as answers. */
import { errorCode, errorMessage } from '../errors.ts';
import { type Reply, refusal } from './reply.ts';
import type { Route, RouteRequest } from './route.ts';

const statusOf: Readonly<Record<string, number>> = {
  'bad-body': 400,
  'bad-query': 400,
  'password-is-name': 400,
  'no-account': 403,
  'unknown-account': 404,
  'unknown-token': 404,
  'unknown-session': 404,
  'name-taken': 409,
  'last-admin': 409,
  'set-up-already': 409,
  'too-many': 409,
  busy: 503,
  'accounts-locked': 503,
  'disk-full': 503,
  'disk-error': 503,
  'store-busy': 503,
  'store-unwritable': 503,
  'store-lost': 503,
  'store-slow': 503,
};

/** A handler whose refusals are answered in words; what is not known is the server's own fault. */
export function answering(handle: (request: RouteRequest) => Reply | Promise<Reply>): Route['handle'] {
  return async (request) => {
    try {
      return await handle(request);
    } catch (error) {
      const code = errorCode(error);
      const status = Object.hasOwn(statusOf, code) ? statusOf[code] : undefined;
      if (status === undefined) throw error;
      return refusal(status, code, errorMessage(error), status === 503 ? { 'Retry-After': '2' } : {});
    }
  };
}

export function retryLater(retryAfterMs: number): Reply {
  const seconds = Math.ceil(retryAfterMs / 1000);
  const words = `too many wrong passwords; try again in ${seconds} seconds`;
  return refusal(429, 'too-many-tries', words, { 'Retry-After': String(seconds) });
}
