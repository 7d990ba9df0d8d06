/** Puts the routes of the table on a uWebSockets.js app, each behind the gate. */
import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Caller } from '../auth/caller.ts';
import { errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AuditTrail, Deed } from './audit-trail.ts';
import type { Gate } from './gate.ts';
import { decodedParameters } from './path-parameters.ts';
import { type Reply, refusal, send } from './reply.ts';
import { readBody } from './request-body.ts';
import { type RequestFacts, readFacts } from './request-facts.ts';
import type { Route } from './route.ts';

/** What a route is given beside the facts. */
interface Arrived {
  readonly facts: RequestFacts;
  /** Nothing where they are not well encoded. */
  readonly parameters: Readonly<Record<string, string>> | undefined;
  readonly body: Promise<string | undefined> | string;
}

/** What stands in front of every route, and behind it. */
export interface Surroundings {
  readonly gate: Gate;
  readonly trail: AuditTrail;
  readonly log: Log;
  /** The connection is encrypted. */
  readonly isSecure: boolean;
}

type Handler = (response: HttpResponse, request: HttpRequest) => void;

export function mountRoutes(app: TemplatedApp, routes: readonly Route[], surroundings: Surroundings): void {
  for (const route of routes) {
    const handler = handlerOf(route, surroundings);
    app[methodNames[route.method]](route.path, handler);
    if (route.method === 'GET') app.head(route.path, handler);
  }
  for (const path of new Set(routes.map((route) => route.path))) refuseOtherMethods(app, path, routes);
}

/** A browser that was here encrypted stays so. Not for long: who takes the certificate away must get in again. */
const encryptedOnly = { 'Strict-Transport-Security': 'max-age=86400' } as const;

const methodNames = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'del' } as const;

function refuseOtherMethods(app: TemplatedApp, path: string, routes: readonly Route[]): void {
  const methods = routes.flatMap((route) => (route.path === path ? [route.method] : []));
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  const refuse = notAllowed(allowed);
  // The page's routes would take these otherwise: a method of its own comes before `any`.
  if (!methods.includes('GET')) app.get(path, refuse).head(path, refuse);
  app.any(path, refuse);
}

function notAllowed(allowed: string): Handler {
  return (response) => {
    response.onAborted(() => undefined);
    send(response, refusal(405, 'method-not-allowed', `expected one of ${allowed}`, { Allow: allowed }));
  };
}

function handlerOf(route: Route, surroundings: Surroundings): Handler {
  const changes = route.method !== 'GET';
  const transport = surroundings.isSecure ? encryptedOnly : {};
  return (response, request) => {
    let aborted = false;
    response.onAborted(() => {
      aborted = true;
    });
    const facts = readFacts(response, request);
    const parameters = decodedParameters(route.path, request);
    const body = changes ? readBody(response, route.maxBodyBytes ?? 0) : '';
    void answer(route, { facts, parameters, body }, surroundings).then((reply) => {
      if (!aborted) send(response, { ...reply, headers: { ...transport, ...reply.headers } }, facts.method === 'HEAD');
    });
  };
}

async function answer(route: Route, arrived: Arrived, { gate, trail, log }: Surroundings): Promise<Reply> {
  const { facts } = arrived;
  try {
    const caller = gate.admit(facts, route.role, route.method !== 'GET');
    if ('status' in caller) return caller;
    const reply = await handled(route, arrived, caller);
    if (route.method !== 'GET') trail.note(deedOf(route, arrived, caller, reply), reply.status);
    return reply;
  } catch (error) {
    log.error({ path: facts.path, err: error }, `a request failed: ${errorMessage(error)}`);
    return refusal(500, 'internal', 'the request failed; see the log');
  }
}

async function handled(route: Route, { facts, parameters, body: arriving }: Arrived, caller: Caller): Promise<Reply> {
  if (parameters === undefined) return refusal(400, 'bad-path', 'expected a path in UTF-8, percent-encoded');
  const body = await arriving;
  if (body === undefined) {
    return refusal(413, 'body-too-large', `expected a body of at most ${route.maxBodyBytes ?? 0} bytes`);
  }
  return route.handle({ ...facts, parameters, body, caller });
}

function deedOf(route: Route, { facts, parameters }: Arrived, caller: Caller, reply: Reply): Deed {
  return {
    caller,
    action: route.action ?? `${route.method} ${route.path}`,
    subject: reply.subject ?? Object.values(parameters ?? {}).join(' '),
    from: facts.address,
  };
}
