/**
 * `roadwatch accounts`: for whoever is at the box itself, also while the service runs: it sees what has changed within
 * seconds, and ends the sessions that ended here.
 */
import { chownSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Role } from '../auth/access-level.ts';
import { type Account, nameSchema, passwordSchema } from '../auth/account.ts';
import { AccountDesk } from '../auth/account-desk.ts';
import { AuthBook } from '../auth/auth-book.ts';
import { PasswordHasher } from '../auth/password-hasher.ts';
import { AuthDatabase, storeName } from '../auth/store/auth-database.ts';
import { DirectAuthStore } from '../auth/store/direct-auth-store.ts';
import { RoadwatchError } from '../errors.ts';
import { storeError } from '../sqlite/store-error.ts';
import { realClock } from '../time/clock.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';
import { readNewPassword } from './password-input.ts';

export interface AccountsFlags extends Pick<ConfigFlags, 'config'> {
  /** Of what is made. */
  readonly role: Role;
  readonly json?: boolean;
}

/** What a command works with. */
interface Desk {
  readonly accounts: AccountDesk;
  readonly flags: AccountsFlags;
  /** Writes down what was done. */
  note(action: string, subject: string): Promise<void>;
}

const words: Readonly<Record<Role, string>> = {
  viewer: 'a viewer',
  operator: 'an operator',
  admin: 'an administrator',
};

type Command = (desk: Desk, name: string) => Promise<void>;

export const accountCommands = {
  list: (flags: AccountsFlags) => withDesk(flags, '', listAccounts),
  add: (name: string, flags: AccountsFlags) => withDesk(flags, name, addAccount),
  remove: (name: string, flags: AccountsFlags) => withDesk(flags, name, removeAccount),
  resetPassword: (name: string, flags: AccountsFlags) => withDesk(flags, name, resetPassword),
  listTokens: (flags: AccountsFlags) => withDesk(flags, '', listTokens),
  addToken: (name: string, flags: AccountsFlags) => withDesk(flags, name, addToken),
  removeToken: (name: string, flags: AccountsFlags) => withDesk(flags, name, removeToken),
} as const;

async function withDesk(flags: AccountsFlags, name: string, command: Command): Promise<ExitCode> {
  // `--role` is that of an account here, not of the process.
  const { config } = flags;
  const { databasePath, auditEntries } = loadFromFlags(config === undefined ? {} : { config }).accounts;
  const database = openDatabase(databasePath, auditEntries);
  const book = await AuthBook.open({
    store: new DirectAuthStore(database),
    clock: realClock,
    onTrouble: (code, message) => complain(`roadwatch: ${code}: ${message}`),
  });
  try {
    const desk: Desk = {
      accounts: new AccountDesk({ book, hasher: new PasswordHasher(), clock: realClock }),
      flags,
      note: (action, subject) =>
        book.note({ atMs: realClock.nowMs(), who: 'command-line', action, subject, from: '', outcome: 'done' }),
    };
    await command(desk, name);
    return exitCodes.ok;
  } finally {
    giveToOwner(databasePath);
    await book.close();
  }
}

function openDatabase(path: string, maxAuditEntries: number): AuthDatabase {
  try {
    return new AuthDatabase(path, maxAuditEntries);
  } catch (error) {
    throw storeError(error, path, storeName);
  }
}

/** What root has made belongs to whom the folder belongs: the service must be able to read it. */
function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0 || path === ':memory:') return;
  const { uid, gid } = statSync(dirname(path));
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chownSync(file, uid, gid);
}

async function listAccounts({ accounts, flags }: Desk): Promise<void> {
  const list = accounts.accounts();
  for (const { name, role, createdMs } of list) {
    const created = new Date(createdMs).toISOString();
    await printLine(flags.json ? JSON.stringify({ name, role, created }) : `${role.padEnd(9)} ${name}`);
  }
  if (list.length === 0) complain('there are no accounts; `roadwatch accounts add NAME` makes the first');
}

async function addAccount({ accounts, flags, note }: Desk, name: string): Promise<void> {
  checkName(name);
  const role = accounts.accounts().length === 0 ? 'admin' : flags.role;
  await accounts.add({ name, role, password: await newPassword() });
  await note('account.add', `${name} (${role})`);
  complain(`${name} is ${words[role]} now`);
}

async function removeAccount(desk: Desk, name: string): Promise<void> {
  await desk.accounts.remove(find(desk, name));
  await desk.note('account.remove', name);
}

async function resetPassword(desk: Desk, name: string): Promise<void> {
  await desk.accounts.setPassword(find(desk, name), await newPassword());
  await desk.note('account.change', `${name}: password`);
  complain(`${name} has the new password; all sessions have ended`);
}

async function listTokens({ accounts, flags }: Desk): Promise<void> {
  for (const { name, role, lastUsedMs } of accounts.tokens()) {
    const lastUsed = lastUsedMs === undefined ? undefined : new Date(lastUsedMs).toISOString();
    const line = `${role.padEnd(9)} ${name}  ${lastUsed === undefined ? 'never used' : `last used ${lastUsed}`}`;
    await printLine(flags.json ? JSON.stringify({ name, role, lastUsed }) : line);
  }
}

async function addToken({ accounts, flags, note }: Desk, name: string): Promise<void> {
  checkName(name);
  const { secret } = await accounts.addToken(name, flags.role, 'command-line');
  await note('token.add', `${name} (${flags.role})`);
  await printLine(secret);
  complain('keep it: it is not shown again');
}

async function removeToken({ accounts, note }: Desk, name: string): Promise<void> {
  const token = accounts.tokens().find((each) => each.name === name);
  if (token === undefined) throw new RoadwatchError('unknown-token', `there is no token ${name}`);
  await accounts.removeToken(token.id);
  await note('token.remove', name);
}

function find({ accounts }: Desk, name: string): Account {
  const account = accounts.accounts().find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (account !== undefined) return account;
  throw new RoadwatchError('unknown-account', `there is no account ${name}`);
}

function checkName(name: string): void {
  const { success, error } = nameSchema.safeParse(name);
  if (!success) throw new RoadwatchError('bad-name', `name: ${error.issues[0]?.message ?? 'not a name'}`);
}

async function newPassword(): Promise<string> {
  const password = await readNewPassword();
  const { success, error } = passwordSchema.safeParse(password);
  if (success) return password;
  throw new RoadwatchError('bad-password', `password: ${error.issues[0]?.message ?? 'not a password'}`);
}
