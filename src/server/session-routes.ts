/** Logging in and out, and the first account. */
import { z } from 'zod';
import { nameSchema, passwordSchema } from '../auth/account.ts';
import type { Auth } from '../auth/auth.ts';
import type { Caller } from '../auth/caller.ts';
import { cookieValue, deviceCookie, sessionCookie, setCookie, tokenCookie } from '../auth/credentials.ts';
import type { LoginOutcome } from '../auth/login-desk.ts';
import { answering, retryLater } from './account-faults.ts';
import type { CallerData, SessionData } from './account-messages.ts';
import { parseBody } from './json-body.ts';
import { json, type Reply, refusal } from './reply.ts';
import type { Route, RouteRequest } from './route.ts';

const maxBodyBytes = 2048;
const deviceSeconds = 400 * 86_400;

const loginBody = z.strictObject({ name: z.string().max(256), password: z.string().max(1024) });
const setupBody = z.strictObject({
  name: nameSchema,
  password: passwordSchema,
  code: z.string().max(32).exactOptional(),
});

/** `secure`: the connection is encrypted. */
export function sessionRoutes(auth: Auth, secure: boolean): Route[] {
  const cookies = cookieMaker(auth, secure);
  return [
    { method: 'GET', path: '/api/session', role: 'public', handle: (request) => json(sessionData(auth, request)) },
    {
      method: 'POST',
      path: '/api/session',
      role: 'public',
      maxBodyBytes,
      action: 'session.login',
      handle: answering((request) => logIn(auth, request, cookies)),
    },
    {
      method: 'DELETE',
      path: '/api/session',
      role: 'public',
      action: 'session.logout',
      handle: answering((request) => logOut(auth, request, cookies)),
    },
    {
      method: 'POST',
      path: '/api/setup',
      role: 'public',
      maxBodyBytes,
      action: 'account.first',
      handle: answering((request) => setUp(auth, request, cookies)),
    },
  ];
}

interface CookieMaker {
  begin(secret: string, device: string): readonly string[];
  end(): readonly string[];
}

function cookieMaker(auth: Auth, secure: boolean): CookieMaker {
  const device = { secure, path: '/api', maxAgeSeconds: deviceSeconds };
  return {
    begin: (secret, deviceText) => [
      setCookie(sessionCookie, secret, { secure, maxAgeSeconds: auth.sessions.longestSeconds }),
      setCookie(deviceCookie, deviceText, device),
    ],
    end: () => [sessionCookie, tokenCookie].map((name) => setCookie(name, '', { secure, maxAgeSeconds: 0 })),
  };
}

function sessionData(auth: Auth, request: RouteRequest): SessionData {
  const { firstRun } = auth;
  return {
    caller: callerData(request.caller),
    ...(firstRun.isPending ? { firstRun: { needsCode: firstRun.needsCode(request.caller) } } : {}),
  };
}

export function callerData(caller: Caller): CallerData {
  return { kind: caller.kind, role: caller.role, ...('name' in caller ? { name: caller.name } : {}) };
}

async function logIn(auth: Auth, request: RouteRequest, cookies: CookieMaker): Promise<Reply> {
  const { name, password } = parseBody(loginBody, request.body);
  const outcome = await auth.logins.logIn({ name, password, ...loginOrigin(request) });
  return answerLogin(outcome, name, cookies);
}

function answerLogin(outcome: LoginOutcome, name: string, cookies: CookieMaker): Reply {
  switch (outcome.kind) {
    case 'in': {
      const { account, secret, device } = outcome;
      const caller: CallerData = { kind: 'account', role: account.role, name: account.name };
      const headers = { 'Set-Cookie': cookies.begin(secret, device) };
      return json({ caller } satisfies SessionData, { headers, subject: account.name });
    }
    case 'wrong':
      return { ...refusal(401, 'wrong-login', 'the name or the password is wrong'), subject: name };
    case 'too-many-tries':
      return { ...retryLater(outcome.retryAfterMs), subject: name };
  }
}

async function logOut(auth: Auth, { caller }: RouteRequest, cookies: CookieMaker): Promise<Reply> {
  if (caller.kind === 'account') await auth.book.write([{ kind: 'remove-session', id: caller.sessionId }]);
  return json({}, { headers: { 'Set-Cookie': cookies.end() } });
}

async function setUp(auth: Auth, request: RouteRequest, cookies: CookieMaker): Promise<Reply> {
  const { name, password, code = '' } = parseBody(setupBody, request.body);
  const { firstRun } = auth;
  if (!firstRun.isPending) return refusal(409, 'set-up-already', 'there is an account already: log in');
  if (firstRun.needsCode(request.caller) && !firstRun.isCode(code)) {
    const words = 'expected the code that the log shows; it counts for half an hour and once (a restart makes another)';
    return refusal(403, 'wrong-code', words);
  }
  await auth.accounts.add({ name, password, role: 'admin' }, true);
  const outcome = await auth.logins.logIn({ name, password, ...loginOrigin(request) });
  return answerLogin(outcome, name, cookies);
}

/** What is told of where a password comes from. */
export function loginOrigin({ address, isProxied, header, credentials }: RouteRequest) {
  return { address, isProxied, userAgent: header('user-agent'), device: cookieValue(credentials.cookie, deviceCookie) };
}
