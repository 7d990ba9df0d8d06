/** Whatever the limits, the demand and the network: who counts requests and tokens finds none too many. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuotaLimits, SelectionStrategy } from '../../../../src/assess/keys/key-set.ts';
import { KeyPool } from '../../../../src/assess/pool/key-pool.ts';
import { defaultPoolOptions } from '../../../../src/assess/pool/pool-options.ts';
import { Account } from '../../../../src/fake-llm/account.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { type Random, seededRandom } from '../../../../src/time/random.ts';
import { completion, failure, key, keySet, pass, question, ScriptedClient } from '../../../support/model-pool.ts';

const { guardMs } = defaultPoolOptions.pacing;
const seconds = 125;

interface Arrival {
  readonly group: string;
  readonly atMs: number;
  readonly tokens: number;
}

interface Load {
  readonly limits: QuotaLimits;
  readonly groups: number;
  readonly keysPerGroup: number;
  readonly strategy: SelectionStrategy;
  readonly perSecond: number;
  /** Seconds of each ten in which nothing is asked. */
  readonly pauseSeconds: number;
  readonly withRamp: boolean;
  readonly seed: number;
}

const limits: fc.Arbitrary<QuotaLimits> = fc
  .record(
    {
      requestsPerSecond: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0.2, max: 12, noNaN: true })),
      requestsPerMinute: fc.integer({ min: 20, max: 900 }),
      tokensPerMinute: fc.integer({ min: 30_000, max: 900_000 }),
    },
    { requiredKeys: [] },
  )
  .map((some) => Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)));

const loads: fc.Arbitrary<Load> = fc.record({
  limits,
  groups: fc.integer({ min: 1, max: 3 }),
  keysPerGroup: fc.integer({ min: 1, max: 4 }),
  strategy: fc.constantFrom('least_loaded', 'round_robin', 'weighted'),
  perSecond: fc.integer({ min: 1, max: 30 }),
  pauseSeconds: fc.integer({ min: 0, max: 8 }),
  withRamp: fc.boolean(),
  seed: fc.integer(),
});

/** Runs a load against accounts with the same limits; what arrived there, and what they refused. */
async function run(load: Load): Promise<{ arrivals: Arrival[]; refusals: number; answered: number }> {
  const clock = new ManualClock();
  const random = seededRandom(load.seed);
  const accounts = new Map<string, Account>();
  const arrivals: Arrival[] = [];
  let refusals = 0;
  let answered = 0;
  const keys = Array.from({ length: load.groups * load.keysPerGroup }, (_, index) =>
    key(`k${index}`, { group: `g${index % load.groups}`, priority: index % 3 }),
  );
  const client = new ScriptedClient(clock, ({ keyId, atMs }) => {
    const group = keys.find(({ id }) => id === keyId)?.group ?? '';
    const account = accounts.get(group) ?? new Account(load.limits);
    accounts.set(group, account);
    // On its way the distance of two requests may shrink by the guard. Tokens are at most what was estimated.
    const arrivedMs = atMs + random() * guardMs;
    const tokens = Math.ceil(1000 * (0.5 + random() / 2));
    if (account.admit(arrivedMs, tokens) !== undefined) {
      refusals += 1;
      return { afterMs: 10, result: failure(429) };
    }
    arrivals.push({ group, atMs: arrivedMs, tokens });
    return { afterMs: 200 + 1500 * random(), result: completion('{}', { prompt: tokens - 50, answer: 50 }) };
  });
  const pool = new KeyPool({
    keys: keySet(keys, load.limits),
    options: { strategy: load.strategy, ...(load.withRamp ? {} : { ramp: undefined }) },
    client,
    clock,
    random,
  });
  for (let second = 0; second < seconds; second += 1) {
    if (second % 10 >= load.pauseSeconds) {
      for (const waitMs of moments(load.perSecond, random)) {
        clock.after(waitMs, () => {
          const asked = pool.ask(question(clock, { deadlineMs: 5000, tokens: 1000 }));
          asked.then((reply) => {
            if (reply.outcome === 'answered') answered += 1;
          });
        });
      }
    }
    await pass(clock, 1000);
  }
  await pool.close();
  return { arrivals, refusals, answered };
}

function moments(perSecond: number, random: Random): number[] {
  return Array.from({ length: perSecond }, () => random() * 1000);
}

/** The most that any window of a group holds, counted anew. */
function mostIn(arrivals: readonly Arrival[], windowMs: number, weigh: (arrival: Arrival) => number): number {
  let most = 0;
  for (const group of new Set(arrivals.map((arrival) => arrival.group))) {
    const inOrder = arrivals.filter((arrival) => arrival.group === group).sort((one, other) => one.atMs - other.atMs);
    let first = 0;
    let sum = 0;
    for (const arrival of inOrder) {
      sum += weigh(arrival);
      for (let oldest = inOrder[first]; oldest !== undefined && oldest.atMs <= arrival.atMs - windowMs; ) {
        sum -= weigh(oldest);
        first += 1;
        oldest = inOrder[first];
      }
      most = Math.max(most, sum);
    }
  }
  return most;
}

describe('limits', () => {
  it('are never exceeded in any window, and the provider never refuses', async () => {
    await fc.assert(
      fc.asyncProperty(loads, async (load) => {
        const { arrivals, refusals } = await run(load);
        expect(refusals).toBe(0);
        const { requestsPerSecond, requestsPerMinute, tokensPerMinute } = load.limits;
        const one = () => 1;
        if (requestsPerSecond !== undefined) {
          expect(mostIn(arrivals, 1000, one)).toBeLessThanOrEqual(Math.max(1, requestsPerSecond));
          expect(mostIn(arrivals, 60_000, one)).toBeLessThanOrEqual(Math.ceil(60 * requestsPerSecond));
        }
        if (requestsPerMinute !== undefined) {
          expect(mostIn(arrivals, 60_000, one)).toBeLessThanOrEqual(requestsPerMinute);
          expect(mostIn(arrivals, 1000, one)).toBeLessThanOrEqual(Math.max(1, Math.ceil(requestsPerMinute / 60)));
        }
        if (tokensPerMinute !== undefined) {
          expect(mostIn(arrivals, 60_000, ({ tokens }) => tokens)).toBeLessThanOrEqual(tokensPerMinute);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are used up: with more demand than they allow, at least 98 % of what they allow is sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 3 }), async (perSecond, groups) => {
        const load = {
          groups,
          keysPerGroup: 1,
          strategy: 'least_loaded',
          pauseSeconds: 0,
          withRamp: false,
          seed: 5,
        } as const;
        const limited = { requestsPerSecond: perSecond, requestsPerMinute: perSecond * 60 };
        const { arrivals } = await run({ ...load, limits: limited, perSecond: groups * perSecond * 2 });
        const lastMinute = arrivals.filter(({ atMs }) => atMs >= (seconds - 60) * 1000);
        expect(lastMinute.length).toBeGreaterThanOrEqual(0.98 * 60 * groups * perSecond);
      }),
      { numRuns: 6 },
    );
  });

  it('are approached slowly after a pause, so that a provider who refuses jumps does not', async () => {
    const account = new Account({ requestsPerSecond: 20, rampFactor: 2, rampFreePerSecond: 7 });
    const clock = new ManualClock();
    let refusals = 0;
    const client = new ScriptedClient(clock, ({ atMs }) => {
      if (account.admit(atMs, 1) !== undefined) refusals += 1;
      return { afterMs: 500, result: completion() };
    });
    const pool = new KeyPool({
      keys: keySet([key('a')], { requestsPerSecond: 20 }),
      client,
      clock,
      random: seededRandom(3),
    });
    for (let second = 0; second < 60; second += 1) {
      for (let number = 0; number < 40; number += 1) {
        clock.after(number * 25, () => void pool.ask(question(clock, { deadlineMs: 2000 })));
      }
      await pass(clock, 1000);
    }
    expect(refusals).toBe(0);
    const lastTen = client.calls.filter(({ atMs }) => atMs >= 50_000).length;
    expect(lastTen).toBeGreaterThan(195);
    const firstFive = client.calls.filter(({ atMs }) => atMs < 5000).length;
    expect(firstFive).toBeLessThanOrEqual(35);
    await pool.close();
  });
});
