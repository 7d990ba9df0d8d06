/** Tokens of programs. A token's secret is in the answer that makes it, and in no other. */
import { z } from 'zod';
import { type MachineToken, nameSchema, roleSchema } from '../auth/account.ts';
import type { AccountDesk } from '../auth/account-desk.ts';
import { callerName } from '../auth/caller.ts';
import { answering } from './account-faults.ts';
import type { TokenData } from './account-messages.ts';
import { parseBody } from './json-body.ts';
import { json } from './reply.ts';
import type { Route } from './route.ts';

const newToken = z.strictObject({ name: nameSchema, role: roleSchema });

export function tokenRoutes(accounts: AccountDesk): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/tokens',
      role: 'admin',
      handle: () => json({ tokens: accounts.tokens().map(tokenData) }),
    },
    {
      method: 'POST',
      path: '/api/tokens',
      role: 'admin',
      maxBodyBytes: 1024,
      action: 'token.add',
      handle: answering(async ({ body, caller }) => {
        const { name, role } = parseBody(newToken, body);
        const { token, secret } = await accounts.addToken(name, role, callerName(caller));
        return json({ token: tokenData(token), secret }, { subject: `${name} (${role})` });
      }),
    },
    {
      method: 'DELETE',
      path: '/api/tokens/:id',
      role: 'admin',
      action: 'token.remove',
      handle: answering(async ({ parameters: { id = '' } }) => {
        const { name } = await accounts.removeToken(id);
        return json({}, { subject: name });
      }),
    },
  ];
}

function tokenData({ secretHash: _secretHash, ...token }: MachineToken): TokenData {
  return token;
}
