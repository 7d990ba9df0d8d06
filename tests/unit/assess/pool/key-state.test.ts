/** What operators see of keys, quota groups and endpoints, as a real pool comes to it. */
import { describe, expect, it } from 'vitest';
import type { KeySet } from '../../../../src/assess/keys/key-set.ts';
import { KeyPool } from '../../../../src/assess/pool/key-pool.ts';
import { KeyUsage } from '../../../../src/assess/pool/key-usage.ts';
import type { PoolOptions } from '../../../../src/assess/pool/pool-options.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { seededRandom } from '../../../../src/time/random.ts';
import {
  completion,
  failure,
  key,
  keySet,
  pass,
  question,
  type ScriptedCall,
  ScriptedClient,
  type ScriptedReply,
} from '../../../support/model-pool.ts';

const startMs = Date.UTC(2025, 0, 1, 22);
const dayMs = 86_400_000;

function start(keys: KeySet, script: (call: ScriptedCall) => ScriptedReply, options: Partial<PoolOptions> = {}) {
  const clock = new ManualClock(startMs);
  const client = new ScriptedClient(clock, script);
  const pool = new KeyPool({ keys, options: { ramp: undefined, ...options }, client, clock, random: seededRandom(7) });
  const ask = async (times: number, tokens = 1000) => {
    for (let time = 0; time < times; time += 1) {
      void pool.ask(question(clock, { tokens }));
      await pass(clock, 1000);
    }
  };
  return { clock, pool, ask };
}

const answer = (call: ScriptedCall): ScriptedReply => ({
  afterMs: 100 + call.number,
  result: completion('{}', { prompt: 700, answer: 50 }),
});
const always =
  (result: ReturnType<typeof failure>): (() => ScriptedReply) =>
  () => ({ afterMs: 10, result });

describe('a key that works', () => {
  it('is ready, with what its calls took', async () => {
    const { pool, ask } = start(keySet([key('a', { group: 'g' })]), answer);
    await ask(100);
    expect(pool.keys()).toEqual([
      {
        id: 'a',
        group: 'g',
        endpoint: 'e1',
        model: 'qwen-vl-plus',
        condition: 'ready',
        words: 'ready',
        inFlight: 0,
        limit: expect.any(Number),
        calls: 100,
        successes: 100,
        refusals: 0,
        failures: 0,
        // Of 100, 101, … 199 ms.
        p95LatencyMs: 194,
        tokensToday: 75_000,
      },
    ]);
    expect(pool.groups()).toEqual([{ id: 'g', condition: 'ready' }]);
    expect(pool.endpoints()).toEqual([{ id: 'e1', model: 'qwen-vl-plus', condition: 'ready' }]);
  });

  it('has no latency before its first answer', async () => {
    const { pool } = start(keySet([key('a')]), answer);
    expect(pool.keys()[0]).not.toHaveProperty('p95LatencyMs');
  });

  it('counts the tokens of each day anew; the pool says from when on it has counted', async () => {
    const { clock, pool, ask } = start(keySet([key('a')]), answer, { tokensPerDay: 100_000 });
    await ask(2);
    expect(pool.keys()[0]?.tokensToday).toBe(1500);
    expect(pool.load()).toMatchObject({ spent: { tokens: 1500 }, countedSinceMs: startMs, tokensPerDay: 100_000 });
    await pass(clock, 3 * 3_600_000);
    expect(pool.keys()[0]?.tokensToday).toBe(0);
    expect(pool.load()).toMatchObject({ spent: { tokens: 0 }, countedSinceMs: Date.UTC(2025, 0, 2) });
    await ask(1);
    expect(pool.keys()[0]?.tokensToday).toBe(750);
  });
});

describe('why a key rests is told by its cause, with the provider’s words', () => {
  it.each([
    [401, 'Incorrect API key provided', 'quarantined', 'unknown-key'],
    [403, 'Model access denied', 'quarantined', 'forbidden'],
    [404, 'The model does not exist', 'quarantined', 'unknown-model'],
    [429, 'Requests rate limit exceeded', 'cooling', 'requests'],
    [429, 'Allocated quota exceeded', 'cooling', 'tokens'],
    [429, 'Request rate increased too quickly.', 'cooling', 'ramp'],
    [429, 'Too many concurrent requests', 'cooling', 'concurrency'],
    [402, 'Arrearage', 'cooling', 'account'],
  ])('%i %s', async (status, message, condition, cause) => {
    const { pool, ask } = start(keySet([key('a')]), always(failure(status, message)));
    await ask(1);
    const [state] = pool.keys();
    expect(state).toMatchObject({ condition, cause, detail: expect.stringContaining(message) });
    expect(state?.untilMs).toBeGreaterThan(startMs);
  });

  it.each([
    ['a server’s error', failure(502, 'bad gateway'), 'server-error', 'bad gateway'],
    [
      'no connection',
      { kind: 'failed', cause: 'connection', message: 'connect ECONNREFUSED' },
      'connection',
      'ECONNREFUSED',
    ],
    ['a broken answer', { kind: 'failed', cause: 'cut', message: 'other side closed' }, 'broken-answer', 'closed'],
  ] as const)('%s, five times in a row', async (_name, result, cause, detail) => {
    const { pool, ask } = start(keySet([key('a'), key('b')]), always(result), { maxRetries: 0 });
    await ask(5);
    for (const state of pool.keys()) {
      expect(state).toMatchObject({ condition: 'endpoint-down', cause, detail: expect.stringContaining(detail) });
    }
    expect(pool.endpoints()).toMatchObject([{ condition: 'resting', cause, untilMs: pool.keys()[0]?.untilMs }]);
    expect(pool.groups().map(({ condition }) => condition)).toEqual(['ready', 'ready']);
  });

  it('without the key, where the provider quotes it, also at the edge of what is told of its words', async () => {
    const echo = failure(401, `${'x'.repeat(195)} secret-a was refused`);
    const { pool, ask } = start(keySet([key('a')]), always(echo));
    await ask(1);
    expect(pool.keys()[0]?.detail).toContain('xxx');
    expect(JSON.stringify(pool.keys())).not.toContain('secr');
  });

  it('and not by what another call of it came to since', async () => {
    // The first is refused for good; the second, in flight by then, meets an error of the server.
    const script = ({ number }: ScriptedCall): ScriptedReply =>
      number === 0
        ? { afterMs: 10, result: failure(401, 'Incorrect API key provided') }
        : { afterMs: 50, result: failure(500, 'Internal error') };
    const { clock, pool } = start(keySet([key('a')]), script, { maxRetries: 0 });
    void pool.ask(question(clock));
    void pool.ask(question(clock));
    await pass(clock, 100);
    expect(pool.keys()).toMatchObject([{ condition: 'quarantined', cause: 'unknown-key', failures: 2 }]);
    expect(pool.keys()[0]?.words).toContain('Incorrect API key provided');
  });
});

describe('a rest', () => {
  it('of a quota group is that of all its keys, and ends with a trial', async () => {
    let isRefusing = true;
    const keys = keySet([key('a', { group: 'g' }), key('b', { group: 'g' }), key('c')]);
    const { clock, pool, ask } = start(keys, (call) =>
      isRefusing && call.keyId !== 'c'
        ? { afterMs: 10, result: failure(429, 'Requests rate limit exceeded', { 'retry-after': '30' }) }
        : answer(call),
    );
    await ask(1);
    expect(pool.groups()).toMatchObject([
      { id: 'g', condition: 'resting', cause: 'requests', untilMs: startMs + 30_010 },
      { id: 'c', condition: 'ready' },
    ]);
    isRefusing = false;
    await pass(clock, 30_000);
    expect(pool.groups()[0]).toMatchObject({ condition: 'on-trial', cause: 'requests' });
    expect(pool.keys()[0]).toMatchObject({ condition: 'on-trial', cause: 'requests' });
    await ask(3);
    expect(pool.groups()[0]).toEqual({ id: 'g', condition: 'ready' });
    expect(pool.keys()[0]).not.toHaveProperty('cause');
  });
});

describe('usage', () => {
  it('looks at the last 200 answers', () => {
    const usage = new KeyUsage();
    for (let call = 0; call < 200; call += 1) usage.answered(9000);
    expect(usage.p95Ms()).toBe(9000);
    for (let call = 0; call < 191; call += 1) usage.answered(100);
    expect(usage.p95Ms()).toBe(100);
  });

  it('knows nothing of yesterday', () => {
    const usage = new KeyUsage();
    usage.spend(500, startMs);
    expect([usage.tokensOn(startMs), usage.tokensOn(startMs + dayMs)]).toEqual([500, 0]);
  });
});
