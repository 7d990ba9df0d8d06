/** Accounts of a test server, and what their browsers send. */
import type { Role } from '../../src/auth/access-level.ts';
import type { Account } from '../../src/auth/account.ts';
import { sessionCookie } from '../../src/auth/credentials.ts';
import { newId } from '../../src/auth/secret.ts';
import type { TestServer } from './test-server.ts';

/** An account that nobody can log into by password: no time is spent on a hash. */
export async function addAccount(server: TestServer, role: Role, name: string = role): Promise<Account> {
  const nowMs = server.auth.accounts.accounts().length;
  const account: Account = {
    id: newId(),
    name,
    role,
    passwordHash: 'none',
    createdMs: nowMs,
    passwordChangedMs: nowMs,
  };
  await server.auth.book.write([{ kind: 'add-account', account, first: false }]);
  return account;
}

/** The headers of a browser in which this account has just logged in. */
export async function loggedIn(server: TestServer, account: Account): Promise<{ cookie: string }> {
  const { secret, changes } = server.auth.sessions.begin(account, {
    address: '127.0.0.1',
    isProxied: false,
    userAgent: 'test',
  });
  await server.auth.book.write(changes);
  return { cookie: `${sessionCookie}=${secret}` };
}
