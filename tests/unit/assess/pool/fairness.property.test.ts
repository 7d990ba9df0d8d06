/** No key starves, and no task waits for ever behind more urgent ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyPool } from '../../../../src/assess/pool/key-pool.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { seededRandom } from '../../../../src/time/random.ts';
import { completion, key, keySet, pass, question, ScriptedClient } from '../../../support/model-pool.ts';

const strategies = fc.constantFrom('least_loaded' as const, 'round_robin' as const);

async function callsOfEachKey(
  keys: ReturnType<typeof keySet>,
  {
    perSecond,
    strategy,
    seed,
  }: { perSecond: number; strategy: 'least_loaded' | 'round_robin' | 'weighted'; seed: number },
): Promise<Map<string, number>> {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const client = new ScriptedClient(clock, () => ({ afterMs: 300 + 1000 * random(), result: completion() }));
  const pool = new KeyPool({ keys, options: { strategy, ramp: undefined }, client, clock, random });
  for (let second = 0; second < 60; second += 1) {
    for (let number = 0; number < perSecond; number += 1) {
      clock.after(random() * 1000, () => void pool.ask(question(clock, { deadlineMs: 4000 })));
    }
    await pass(clock, 1000);
  }
  await pool.close();
  const counts = new Map(keys.keys.map(({ id }) => [id, 0]));
  for (const { keyId } of client.calls) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
  return counts;
}

describe('keys', () => {
  it('of equal worth get equal shares, with little to do and with too much', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 2, max: 60 }),
        strategies,
        fc.integer(),
        async (keyCount, perSecond, strategy, seed) => {
          const keys = Array.from({ length: keyCount }, (_, index) => key(`k${index}`));
          const counts = await callsOfEachKey(keySet(keys, { requestsPerSecond: 5 }), { perSecond, strategy, seed });
          const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
          for (const count of counts.values()) expect(count).toBeGreaterThan((0.6 * total) / keyCount);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('get shares by their weight where `weighted` chooses', async () => {
    const keys = [key('a', { priority: 1 }), key('b', { priority: 2 }), key('c', { priority: 5 })];
    const counts = await callsOfEachKey(keySet(keys), { perSecond: 4, strategy: 'weighted', seed: 1 });
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect((counts.get('a') ?? 0) / total).toBeCloseTo(1 / 8, 1);
    expect((counts.get('c') ?? 0) / total).toBeCloseTo(5 / 8, 1);
  });
});
