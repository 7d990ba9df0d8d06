/** The operator's page, under whatever no other route has. */
import { type Access, tokenCookieHeader } from '../auth/access.ts';
import { type Reply, refusal } from './reply.ts';
import type { Route, RouteRequest } from './route.ts';
import type { StaticPage } from './static-page.ts';

export function pageRoutes(page: StaticPage, access: Access): Route[] {
  return [{ method: 'GET', path: '/*', role: 'viewer', handle: (request) => answer(request, page, access) }];
}

function answer({ path, credentials, header }: RouteRequest, page: StaticPage, access: Access): Reply {
  const { queryToken } = credentials;
  // The token moves out of the address, where histories and logs would keep it.
  if (access.isToken(queryToken)) {
    const headers = { Location: path, 'Set-Cookie': tokenCookieHeader(queryToken), 'Cache-Control': 'no-store' };
    return { status: 303, headers, body: '' };
  }
  const asked = { path, acceptEncoding: header('accept-encoding'), ifNoneMatch: header('if-none-match') };
  return page.answer(asked) ?? refusal(404, 'not-found', `there is nothing at ${path}`);
}
