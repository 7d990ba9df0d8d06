/** What is known while the store cannot be read, and what is written when. */
import { expect, test } from 'vitest';
import { Auth } from '../../../src/auth/auth.ts';
import type { AuthChange } from '../../../src/auth/auth-change.ts';
import { AuthDatabase } from '../../../src/auth/store/auth-database.ts';
import { DirectAuthStore } from '../../../src/auth/store/direct-auth-store.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { RoadwatchError } from '../../../src/errors.ts';
import { ManualClock } from '../../../src/time/clock.ts';

/** A store whose disk may be away, and that remembers what it was asked to write. */
class FlakyStore extends DirectAuthStore {
  isAway = false;
  readonly written: AuthChange[] = [];

  override async load() {
    this.#fail();
    return super.load();
  }

  override async write(...[changes, audit]: Parameters<DirectAuthStore['write']>) {
    this.#fail();
    this.written.push(...changes);
    await super.write(changes, audit);
  }

  #fail(): void {
    if (this.isAway) throw new RoadwatchError('disk-error', 'its disk could not be read');
  }
}

const place = { address: '127.0.0.1', isProxied: false };
const nothing = { authorization: '', cookie: '', queryToken: '' };

async function open(isAway: boolean, server: object = {}) {
  const [clock, store, troubles] = [
    new ManualClock(),
    new FlakyStore(new AuthDatabase(':memory:', 100)),
    [] as string[],
  ];
  store.isAway = isAway;
  const config = configSchema.parse({ server });
  const auth = await Auth.open({ config, store, clock, onTrouble: (code) => troubles.push(code) });
  return { auth, clock, store, troubles };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('while it cannot be read nobody is let in but the token of the configuration, and it is tried again', async () => {
  const token = 'a-token-of-the-test';
  const { auth, clock, store, troubles } = await open(true);
  expect(auth.identity.identify(nothing, place)).toEqual({ caller: { kind: 'stranger', role: 'public' } });
  expect(auth.firstRun.isPending).toBe(false);
  await expect(auth.accounts.add({ name: 'Anna', role: 'admin', password: 'long enough' })).rejects.toMatchObject({
    code: 'accounts-locked',
  });
  expect(troubles).toEqual(['disk-error']);
  store.isAway = false;
  clock.advance(2000);
  await settled();
  expect(auth.identity.identify(nothing, place)).toEqual({ caller: { kind: 'local', role: 'admin' } });
  const withToken = await open(true, { authToken: token });
  const shown = { ...nothing, authorization: `Bearer ${token}` };
  expect(withToken.auth.identity.identify(shown, place)).toMatchObject({ caller: { role: 'admin' } });
});

test('a change that is not on disk is not known', async () => {
  const { auth, store } = await open(false);
  store.isAway = true;
  const draft = { name: 'Anna', role: 'admin', password: 'long enough' } as const;
  await expect(auth.accounts.add(draft)).rejects.toMatchObject({ code: 'disk-error' });
  expect(auth.accounts.accounts()).toEqual([]);
});

test('the use of a token is known at once and written once a minute', async () => {
  const { auth, clock, store } = await open(false);
  const { token, secret } = await auth.accounts.addToken('central', 'viewer', 'test');
  store.written.length = 0;
  for (let count = 0; count < 5; count += 1) {
    auth.identity.identify({ ...nothing, authorization: `Bearer ${secret}` }, place);
  }
  expect(auth.accounts.tokens()[0]?.lastUsedMs).toBe(clock.nowMs());
  expect(store.written).toEqual([]);
  const usedMs = clock.nowMs();
  for (let looks = 0; looks < 30; looks += 1) {
    clock.advance(2000);
    await settled();
  }
  expect(store.written).toEqual([{ kind: 'use-token', id: token.id, atMs: usedMs }]);
});
