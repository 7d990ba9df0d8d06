import { beforeEach, expect, test } from 'vitest';
import type { KeyListData } from '../../../src/server/messages.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { KeyStore } from '../../../web/src/keys/key-store.ts';
import { settled } from '../../support/memory-alert-store.ts';

/** The appliance's clock is a minute slow. */
const slowMs = 60_000;

let clock: ManualClock;
let store: KeyStore;
let reads: number;
let isHidden: boolean;
let answer: () => Promise<KeyListData>;

function list(nowMs: number): KeyListData {
  return { nowMs, judge: { by: 'rules', why: 'no-key' }, keys: [], groups: [], endpoints: [] };
}

beforeEach(() => {
  clock = new ManualClock();
  reads = 0;
  isHidden = false;
  answer = async () => list(clock.nowMs() - slowMs);
  store = new KeyStore({
    read: () => {
      reads += 1;
      return answer();
    },
    isHidden: () => isHidden,
    now: () => clock.nowMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  });
});

/** Lets so many seconds pass, one by one, with what follows from each. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1000);
    await settled();
  }
}

test('is read every two seconds while somebody looks on, else every ten', async () => {
  await pass(20);
  expect(reads).toBe(0);
  store.connected();
  await settled();
  await pass(20);
  expect(reads).toBe(3);
  store.watch(true);
  await settled();
  expect(reads).toBe(4);
  await pass(10);
  expect(reads).toBe(9);
  store.watch(false);
  await pass(12);
  expect(reads).toBe(11);
});

test('is not read while nobody sees the page, and at once when somebody does', async () => {
  isHidden = true;
  store.connected();
  store.watch(true);
  await pass(20);
  expect(reads).toBe(0);
  isHidden = false;
  store.refresh();
  await settled();
  expect([reads, store.data?.judge]).toEqual([1, { by: 'rules', why: 'no-key' }]);
});

test('what could not be read again is marked as not up to date, until it can', async () => {
  store.connected();
  store.watch(true);
  await settled();
  const receivedAtMs = clock.nowMs();
  answer = () => Promise.reject(new Error('away'));
  await pass(2);
  expect([store.isStale, store.receivedAtMs, store.data === undefined]).toEqual([true, receivedAtMs, false]);
  answer = async () => list(0);
  await pass(2);
  expect(store.isStale).toBe(false);
});

test('without a connection nothing is asked; an answer from before does not count', async () => {
  let reply: (data: KeyListData) => void = () => {};
  answer = () =>
    new Promise((resolve) => {
      reply = resolve;
    });
  store.connected();
  store.lost();
  reply(list(0));
  await pass(30);
  expect([reads, store.data, store.isStale]).toEqual([1, undefined, true]);
  answer = async () => list(0);
  store.connected();
  await settled();
  expect([reads, store.isStale]).toEqual([2, false]);
});

test('a slow answer is waited for: none is asked beside it', async () => {
  let reply: (data: KeyListData) => void = () => {};
  answer = () =>
    new Promise((resolve) => {
      reply = resolve;
    });
  store.connected();
  store.watch(true);
  const asked = reads;
  await pass(30);
  expect(reads).toBe(asked);
  reply(list(0));
  await settled();
  await pass(2);
  expect(reads).toBe(asked + 1);
});

test('moments of the appliance are told by the page’s clock', async () => {
  store.connected();
  await settled();
  expect(store.pageTimeMs(clock.nowMs() - slowMs + 5000)).toBe(clock.nowMs() + 5000);
});
