/**
 * The operator's page, under whatever no other route has. It is for everybody: it holds nothing but itself, and is where
 * people log in.
 */
import { setCookie, tokenCookie } from '../auth/credentials.ts';
import type { Identity } from '../auth/identity.ts';
import { type Reply, refusal } from './reply.ts';
import type { Route, RouteRequest } from './route.ts';
import type { StaticPage } from './static-page.ts';

/** `secure`: the connection is encrypted. */
export function pageRoutes(page: StaticPage, identity: Identity, secure: boolean): Route[] {
  const handle = (request: RouteRequest) => movedToken(request, identity, secure) ?? fileOf(request, page);
  return [{ method: 'GET', path: '/*', role: 'public', handle }];
}

/** The token moves out of the address, where histories and logs would keep it. */
function movedToken({ path, credentials }: RouteRequest, identity: Identity, secure: boolean): Reply | undefined {
  const { queryToken } = credentials;
  if (!identity.isConfiguredToken(queryToken)) return undefined;
  // One slash: two would lead to another host.
  const headers = {
    Location: path.replace(/^\/+/, '/'),
    'Set-Cookie': setCookie(tokenCookie, queryToken, { secure, sameSite: 'Lax' }),
    'Cache-Control': 'no-store',
  };
  return { status: 303, headers, body: '' };
}

function fileOf({ path, header }: RouteRequest, page: StaticPage): Reply {
  const asked = { path, acceptEncoding: header('accept-encoding'), ifNoneMatch: header('if-none-match') };
  return page.answer(asked) ?? refusal(404, 'not-found', `there is nothing at ${path}`);
}
