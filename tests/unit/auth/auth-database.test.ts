/** The store's file: what is written is there again, and what must not be is refused as a whole. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, Session } from '../../../src/auth/account.ts';
import { AuthDatabase } from '../../../src/auth/store/auth-database.ts';
import { AuthKeeper } from '../../../src/auth/store/auth-keeper.ts';
import { hasAccounts } from '../../../src/auth/store/has-accounts.ts';
import { ManualClock } from '../../../src/time/clock.ts';

const anna: Account = {
  id: 'a1',
  name: 'Anna',
  role: 'admin',
  passwordHash: '$argon2id$…',
  createdMs: 1,
  passwordChangedMs: 1,
};
const session: Session = {
  id: 's1',
  secretHash: 'h1',
  accountId: 'a1',
  createdMs: 2,
  lastUsedMs: 3,
  address: '192.0.2.7',
  userAgent: 'Firefox',
};
const deed = { atMs: 5, who: 'account:Anna', action: 'x', subject: '', from: '', outcome: 'done' } as const;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-accounts-'));
  path = join(folder, 'accounts.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function withAnna(): AuthDatabase {
  const database = new AuthDatabase(path, 100);
  database.write([{ kind: 'add-account', account: anna, first: true }], []);
  return database;
}

test('what was written is there when the file is opened again, readable by its owner alone', () => {
  const database = withAnna();
  database.write([{ kind: 'add-session', session }], [deed]);
  database.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = new AuthDatabase(path, 100);
  expect(again.load()).toMatchObject({ accounts: [anna], sessions: [session], tokens: [], isReplacement: false });
  expect(again.audit(10, undefined).entries).toEqual([{ id: 1, ...deed }]);
  expect(Buffer.from(again.load().deviceKey, 'base64')).toHaveLength(32);
  again.close();
});

describe('refused, and nothing of it written', () => {
  test.each([
    ['a first account beside another', 'set-up-already', { ...anna, id: 'b1', name: 'Boris' }, true],
    ['a name that differs in case alone', 'name-taken', { ...anna, id: 'b1', name: 'ANNA' }, false],
  ])('%s', (_, code, account, first) => {
    const database = withAnna();
    const changes = [{ kind: 'add-session', session } as const, { kind: 'add-account', account, first } as const];
    expect(() => database.write(changes, [deed])).toThrowError(expect.objectContaining({ code }));
    expect(database.load()).toMatchObject({ accounts: [anna], sessions: [] });
    expect(database.audit(10, undefined).entries).toEqual([]);
    database.close();
  });

  test.each([
    ['removing the last administrator', { kind: 'remove-account', accountId: 'a1' } as const],
    ['making the last administrator an operator', { kind: 'set-role', accountId: 'a1', role: 'operator' } as const],
  ])('%s', (_, change) => {
    const database = withAnna();
    expect(() => database.write([change], [])).toThrowError(expect.objectContaining({ code: 'last-admin' }));
    expect(database.load().accounts).toEqual([anna]);
    database.close();
  });
});

test('sessions go with their account', () => {
  const database = withAnna();
  database.write([{ kind: 'add-account', account: { ...anna, id: 'b1', name: 'Boris' }, first: false }], []);
  database.write([{ kind: 'add-session', session }], []);
  database.write([{ kind: 'remove-account', accountId: 'a1' }], []);
  expect(database.load()).toMatchObject({ accounts: [{ id: 'b1' }], sessions: [] });
  database.close();
});

test('of the audit log the newest are kept, and given page by page', () => {
  const database = new AuthDatabase(':memory:', 100);
  for (let count = 1; count <= 130; count += 1) database.write([], [{ ...deed, atMs: count }]);
  const first = database.audit(60, undefined);
  expect(first.entries[0]).toMatchObject({ atMs: 130 });
  const second = database.audit(60, first.next);
  expect(second.entries.at(-1)).toMatchObject({ atMs: 31 });
  expect([first.entries.length, second.entries.length, second.next]).toEqual([60, 40, undefined]);
  database.close();
});

test('what another process writes is seen, and what one writes oneself is not told as another’s', () => {
  const [own, other] = [withAnna(), new AuthDatabase(path, 100)];
  own.load();
  own.write([{ kind: 'add-session', session }], []);
  expect(own.changedElsewhere()).toBeUndefined();
  other.write([{ kind: 'remove-session', id: 's1' }], []);
  expect(own.changedElsewhere()).toMatchObject({ sessions: [] });
  expect(own.changedElsewhere()).toBeUndefined();
  own.close();
  other.close();
});

test('a file that is no database is put aside, and the new one remembers that it took its place', () => {
  writeFileSync(path, 'x'.repeat(5000));
  const told: string[] = [];
  const keeper = new AuthKeeper({ path, maxAuditEntries: 100 }, new ManualClock(), (message) => told.push(message));
  const answer = keeper.handle([{ id: 1, name: 'load', given: {} }])[0];
  expect(answer).toMatchObject({ answer: { accounts: [], isReplacement: true } });
  expect(told).toEqual([expect.stringContaining('put aside as')]);
  expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toHaveLength(1);
  keeper.handle([{ id: 2, name: 'close', given: {} }]);
});

test('whether there are accounts is said without changing the file', () => {
  expect(hasAccounts(path)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
  withAnna().close();
  expect(hasAccounts(path)).toBe(true);
});
