/** One's own account, and all of them for administrators. Passwords go in, and nothing of them comes out again. */
import { z } from 'zod';
import { type Account, nameSchema, passwordSchema, roleSchema, type Session } from '../auth/account.ts';
import type { Auth } from '../auth/auth.ts';
import type { Caller } from '../auth/caller.ts';
import { RoadwatchError } from '../errors.ts';
import { answering, retryLater } from './account-faults.ts';
import type { AccountData, SessionEntryData } from './account-messages.ts';
import { parseBody } from './json-body.ts';
import { json, type Reply, refusal } from './reply.ts';
import type { Route, RouteRequest } from './route.ts';
import { loginOrigin } from './session-routes.ts';

const maxBodyBytes = 4096;

const newAccount = z.strictObject({ name: nameSchema, role: roleSchema, password: passwordSchema });
const changedAccount = z.strictObject({ role: roleSchema.exactOptional(), password: passwordSchema.exactOptional() });
const changedPassword = z.strictObject({ current: z.string().max(1024), next: passwordSchema });

export function accountRoutes(auth: Auth): Route[] {
  return [...ownRoutes(auth), ...adminRoutes(auth)];
}

function ownRoutes(auth: Auth): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/account/password',
      role: 'viewer',
      maxBodyBytes,
      action: 'account.password',
      handle: answering((request) => changeOwnPassword(auth, request)),
    },
    {
      method: 'GET',
      path: '/api/account/sessions',
      role: 'viewer',
      handle: answering(({ caller }) => {
        const { accountId, sessionId } = ownAccount(caller);
        return json({ sessions: auth.sessions.list(accountId).map((session) => entryOf(session, sessionId)) });
      }),
    },
    {
      method: 'DELETE',
      path: '/api/account/sessions/:id',
      role: 'viewer',
      action: 'session.end',
      handle: answering(async ({ caller, parameters: { id = '' } }) => {
        const session = auth.sessions.list(ownAccount(caller).accountId).find((own) => own.id === id);
        if (session === undefined) throw new RoadwatchError('unknown-session', 'there is no such session');
        await auth.book.write([{ kind: 'remove-session', id }]);
        return json({});
      }),
    },
  ];
}

function adminRoutes(auth: Auth): Route[] {
  const { accounts } = auth;
  return [
    {
      method: 'GET',
      path: '/api/accounts',
      role: 'admin',
      handle: () => json({ accounts: accounts.accounts().map((account) => accountData(auth, account)) }),
    },
    {
      method: 'POST',
      path: '/api/accounts',
      role: 'admin',
      maxBodyBytes,
      action: 'account.add',
      handle: answering(async ({ body }) => {
        const account = await accounts.add(parseBody(newAccount, body));
        return json({ account: accountData(auth, account) }, { subject: `${account.name} (${account.role})` });
      }),
    },
    {
      method: 'PATCH',
      path: '/api/accounts/:id',
      role: 'admin',
      maxBodyBytes,
      action: 'account.change',
      handle: answering((request) => changeAccount(auth, request)),
    },
    {
      method: 'DELETE',
      path: '/api/accounts/:id',
      role: 'admin',
      action: 'account.remove',
      handle: answering(async ({ parameters: { id = '' } }) => {
        const account = accounts.account(id);
        await accounts.remove(account);
        return json({}, { subject: account.name });
      }),
    },
    {
      method: 'DELETE',
      path: '/api/accounts/:id/sessions',
      role: 'admin',
      action: 'account.log-out',
      handle: answering(async ({ parameters: { id = '' } }) => {
        const account = accounts.account(id);
        await auth.book.write(auth.sessions.list(id).map((session) => ({ kind: 'remove-session', id: session.id })));
        return json({}, { subject: account.name });
      }),
    },
  ];
}

async function changeOwnPassword(auth: Auth, request: RouteRequest): Promise<Reply> {
  const { accountId, sessionId } = ownAccount(request.caller);
  const { current, next } = parseBody(changedPassword, request.body);
  const account = auth.accounts.account(accountId);
  const refused = await auth.logins.confirm(account, { password: current, ...loginOrigin(request) });
  if (refused?.kind === 'too-many-tries') return retryLater(refused.retryAfterMs);
  if (refused !== undefined) return refusal(403, 'wrong-password', 'the current password is another');
  await auth.accounts.setPassword(account, next, sessionId);
  return json({}, { subject: account.name });
}

async function changeAccount(auth: Auth, { parameters: { id = '' }, body }: RouteRequest): Promise<Reply> {
  const { role, password } = parseBody(changedAccount, body);
  const account = auth.accounts.account(id);
  if (role !== undefined) await auth.accounts.setRole(account, role);
  if (password !== undefined) await auth.accounts.setPassword(account, password);
  const changed = [...(role === undefined ? [] : [`role ${role}`]), ...(password === undefined ? [] : ['password'])];
  const subject = `${account.name}: ${changed.join(', ') || 'nothing'}`;
  return json({ account: accountData(auth, auth.accounts.account(id)) }, { subject });
}

function ownAccount(caller: Caller): Extract<Caller, { kind: 'account' }> {
  if (caller.kind === 'account') return caller;
  throw new RoadwatchError('no-account', 'expected somebody who has logged in with an account');
}

function accountData(auth: Auth, { id, name, role, createdMs, passwordChangedMs }: Account): AccountData {
  const sessions = auth.sessions.list(id);
  const lastUsedMs = sessions[0]?.lastUsedMs;
  return {
    ...{ id, name, role, createdMs, passwordChangedMs, sessions: sessions.length },
    ...(lastUsedMs === undefined ? {} : { lastUsedMs }),
  };
}

function entryOf({ id, createdMs, lastUsedMs, address, userAgent }: Session, ownId: string): SessionEntryData {
  return { id, createdMs, lastUsedMs, address, userAgent, own: id === ownId };
}
