import { describe, expect, it } from 'vitest';
import type { KeySet } from '../../../../src/assess/keys/key-set.ts';
import { KeyPool } from '../../../../src/assess/pool/key-pool.ts';
import type { CallReport } from '../../../../src/assess/pool/pool-observer.ts';
import type { PoolOptions } from '../../../../src/assess/pool/pool-options.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { seededRandom } from '../../../../src/time/random.ts';
import {
  completion,
  endpoint,
  failure,
  key,
  keySet,
  outcomeAfter,
  pass,
  question,
  type ScriptedCall,
  ScriptedClient,
  type ScriptedReply,
} from '../../../support/model-pool.ts';

const noRamp = { ramp: undefined };

function start(keys: KeySet, script: (call: ScriptedCall) => ScriptedReply, options: Partial<PoolOptions> = {}) {
  const clock = new ManualClock();
  const client = new ScriptedClient(clock, script);
  const reports: CallReport[] = [];
  const pool = new KeyPool({
    keys,
    options: { ...noRamp, ...options },
    client,
    clock,
    random: seededRandom(7),
    observer: { onCall: (report) => reports.push(report) },
  });
  return { clock, client, pool, reports };
}

const quick = (): ScriptedReply => ({ afterMs: 800, result: completion() });
const stateOf = (pool: KeyPool, id: string) => pool.keys().find((state) => state.id === id);

/** A pool that knows its endpoint's latency. */
async function warmUp({ clock, pool }: { clock: ManualClock; pool: KeyPool }, calls = 40): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    void pool.ask(question(clock));
    await pass(clock, 1000);
  }
}

describe('a question', () => {
  it('is answered, with who answered and what it took', async () => {
    const { clock, pool } = start(keySet([key('a')]), () => ({
      afterMs: 800,
      result: completion('{"riskLevel":"low"}', { prompt: 900, answer: 60 }),
    }));
    const reply = await outcomeAfter(clock, pool.ask(question(clock)), 800);
    expect(reply).toEqual({
      outcome: 'answered',
      text: '{"riskLevel":"low"}',
      model: 'qwen-vl-plus',
      endpointId: 'e1',
      keyId: 'a',
      latencyMs: 800,
      attempts: 1,
      hedged: false,
      usage: { promptTokens: 900, answerTokens: 60, cachedTokens: 0 },
    });
  });

  it('gets its model and its own body', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), quick);
    await outcomeAfter(clock, pool.ask(question(clock)), 800);
    expect(JSON.parse(client.calls[0]?.body ?? '')).toEqual({
      model: 'qwen-vl-plus',
      messages: [{ role: 'user', content: 'how dangerous? answer in JSON' }],
    });
  });

  it('is told at once that there is no key', async () => {
    const { clock, client, pool } = start(keySet([]), quick);
    const reply = await outcomeAfter(clock, pool.ask(question(clock)), 0);
    expect(reply).toMatchObject({ outcome: 'unanswered', reason: 'no-key', attempts: 0 });
    expect(client.calls).toHaveLength(0);
  });

  it('is refused at once, at no cost, when the model cannot answer in time', async () => {
    const parts = start(keySet([key('a')]), quick);
    await warmUp(parts);
    const sent = parts.client.calls.length;
    const reply = await outcomeAfter(parts.clock, parts.pool.ask(question(parts.clock, { deadlineMs: 700 })), 0);
    expect(reply).toMatchObject({ outcome: 'unanswered', reason: 'deadline', attempts: 0 });
    expect(parts.client.calls).toHaveLength(sent);
  });

  it('is refused at once when too many wait before it', async () => {
    const { clock, pool } = start(keySet([key('a')], { requestsPerSecond: 2 }), quick);
    for (let before = 0; before < 20; before += 1) void pool.ask(question(clock, { deadlineMs: 30_000 }));
    const late = pool.ask(question(clock, { deadlineMs: 3000 }));
    expect(await outcomeAfter(clock, late, 0)).toMatchObject({ reason: 'deadline', attempts: 0 });
    const urgent = pool.ask(question(clock, { deadlineMs: 3000, priority: 'high' }));
    expect(await outcomeAfter(clock, urgent, 3000)).toMatchObject({ outcome: 'answered' });
  });

  it('is given up in the queue as soon as it can no longer be answered, and by its deadline in any case', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), () => undefined, { initialKeyLimit: 1 });
    const first = pool.ask(question(clock, { deadlineMs: 2000 }));
    const second = pool.ask(question(clock, { deadlineMs: 2000 }));
    expect(await outcomeAfter(clock, second, 1800)).toMatchObject({ reason: 'deadline', attempts: 0 });
    expect(await outcomeAfter(clock, first, 200)).toMatchObject({ reason: 'deadline', attempts: 1, lastKeyId: 'a' });
    expect(client.inFlight).toBe(0);
  });

  it('can be cancelled while it waits and while it is in flight', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), quick, { initialKeyLimit: 1 });
    const [sent, waiting] = [new AbortController(), new AbortController()];
    const replies = [pool.ask(question(clock), sent.signal), pool.ask(question(clock), waiting.signal)];
    waiting.abort();
    sent.abort();
    await pass(clock, 0);
    for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ reason: 'cancelled' });
    expect(client.inFlight).toBe(0);
    expect(stateOf(pool, 'a')).toMatchObject({ inFlight: 0, calls: 1 });
    const aborted = await pool.ask(question(clock), waiting.signal);
    expect(aborted).toMatchObject({ reason: 'cancelled', attempts: 0 });
  });

  it('never makes the pool reject: a body that cannot be built is a bad request', async () => {
    const { clock, pool } = start(keySet([key('a')]), quick);
    const broken = {
      ...question(clock),
      bodyFor: () => {
        throw new Error('no picture');
      },
    };
    expect(await pool.ask(broken)).toMatchObject({
      reason: 'bad-request',
      message: expect.stringContaining('no picture'),
    });
    expect(stateOf(pool, 'a')).toMatchObject({ inFlight: 0, calls: 0 });
  });

  it('counts an answer that cannot be judged as invalid', async () => {
    const { clock, pool } = start(keySet([key('a')]), quick);
    const faultOf = () => {
      throw new Error('judge is broken');
    };
    const reply = await outcomeAfter(clock, pool.ask(question(clock, { faultOf })), 2000);
    expect(reply).toMatchObject({ reason: 'invalid-answer', message: expect.stringContaining('judge is broken') });
  });
});

describe('a call that fails', () => {
  it('moves to another key at once after a refusal, and its group rests as long as the provider says', async () => {
    const script = (call: ScriptedCall): ScriptedReply =>
      call.number === 0
        ? { afterMs: 10, result: failure(429, 'Requests rate limit exceeded', { 'retry-after': '30' }) }
        : quick();
    const keys = keySet([key('a', { group: 'g' }), key('b', { group: 'g' }), key('c')]);
    const { clock, client, pool } = start(keys, script);
    const reply = await outcomeAfter(clock, pool.ask(question(clock)), 810);
    expect(reply).toMatchObject({ outcome: 'answered', keyId: 'c', attempts: 2 });
    expect(client.calls.map(({ atMs }) => atMs)).toEqual([0, 10]);
    for (const id of ['a', 'b']) {
      expect(stateOf(pool, id)).toMatchObject({ condition: 'cooling', untilMs: Date.UTC(2025, 0, 1) + 30_010 });
    }
    expect(stateOf(pool, 'c')?.condition).toBe('ready');
  });

  it('quarantines a key that is not accepted, and no other', async () => {
    const script = ({ keyId }: ScriptedCall): ScriptedReply =>
      keyId === 'a' ? { afterMs: 10, result: failure(401, 'Incorrect API key: secret-a') } : quick();
    const { clock, client, pool } = start(keySet([key('a', { group: 'g' }), key('b', { group: 'g' })]), script);
    for (let round = 0; round < 10; round += 1) {
      expect(await outcomeAfter(clock, pool.ask(question(clock)), 1000)).toMatchObject({ keyId: 'b' });
    }
    expect(client.calls.filter(({ keyId }) => keyId === 'a')).toHaveLength(1);
    const state = stateOf(pool, 'a');
    expect(state?.condition).toBe('quarantined');
    expect(state?.words).toContain('Incorrect API key');
    expect(JSON.stringify(pool.keys())).not.toContain('secret-');
  });

  it('takes a quarantined key back when a trial goes well', async () => {
    let isRevoked = true;
    const script = ({ keyId }: ScriptedCall): ScriptedReply =>
      keyId === 'a' && isRevoked ? { afterMs: 10, result: failure(403) } : quick();
    const { clock, client, pool } = start(keySet([key('a'), key('b')]), script);
    const askFor = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        void pool.ask(question(clock));
        await pass(clock, 1000);
      }
    };
    await askFor(200);
    const tries = client.calls.filter(({ keyId }) => keyId === 'a').length;
    expect(tries).toBeGreaterThanOrEqual(2);
    expect(tries).toBeLessThanOrEqual(4);
    isRevoked = false;
    await askFor(301);
    expect(stateOf(pool, 'a')?.condition).toBe('ready');
    expect(stateOf(pool, 'a')?.successes).toBeGreaterThan(0);
  });

  it('is sent again at most twice, each time with another key, and waits a little after a failing endpoint', async () => {
    const keys = keySet(['a', 'b', 'c', 'd'].map((id) => key(id)));
    const { clock, client, pool } = start(keys, () => ({ afterMs: 10, result: failure(500, 'Internal error') }));
    const reply = await outcomeAfter(clock, pool.ask(question(clock)), 2000);
    expect(reply).toMatchObject({ reason: 'failed', attempts: 3, message: expect.stringContaining('status 500') });
    expect(new Set(client.calls.map(({ keyId }) => keyId)).size).toBe(3);
    const [first = 0, second = 0, third = 0] = client.calls.map(({ atMs }) => atMs);
    expect(second - first).toBeGreaterThan(10);
    expect(second - first).toBeLessThanOrEqual(110);
    expect(third - second).toBeLessThanOrEqual(210);
  });

  it('is sent again with the same key where there is only one', async () => {
    const script = ({ number }: ScriptedCall): ScriptedReply =>
      number === 0 ? { afterMs: 10, result: { kind: 'failed', cause: 'connection', message: 'reset' } } : quick();
    const { clock, pool } = start(keySet([key('a')]), script);
    expect(await outcomeAfter(clock, pool.ask(question(clock)), 1500)).toMatchObject({
      outcome: 'answered',
      attempts: 2,
    });
  });

  it('is never sent again where the request itself is refused', async () => {
    const { clock, client, pool } = start(keySet([key('a'), key('b')]), () => ({
      afterMs: 10,
      result: failure(400, 'the picture is too small'),
    }));
    const reply = await outcomeAfter(clock, pool.ask(question(clock)), 5000);
    expect(reply).toMatchObject({ reason: 'bad-request', attempts: 1, message: expect.stringContaining('too small') });
    expect(client.calls).toHaveLength(1);
  });

  it('leaves time for another one when it hangs', async () => {
    let isHanging = false;
    const parts = start(keySet([key('a'), key('b')]), () => {
      const reply = isHanging ? undefined : quick();
      isHanging = false;
      return reply;
    });
    await warmUp(parts);
    isHanging = true;
    const reply = await outcomeAfter(parts.clock, parts.pool.ask(question(parts.clock, { deadlineMs: 5000 })), 5000);
    expect(reply).toMatchObject({ outcome: 'answered', attempts: 2 });
  });

  it('opens the breaker of an endpoint that fails; the other endpoint goes on', async () => {
    const other = { ...endpoint, id: 'e2', model: 'other' };
    const keys = keySet([key('a'), key('b'), key('c', { endpoint: 'e2' })], {}, { endpoints: [endpoint, other] });
    const script = ({ keyId }: ScriptedCall): ScriptedReply =>
      keyId === 'c' ? quick() : { afterMs: 10, result: failure(502) };
    const { clock, client, pool } = start(keys, script);
    const replies = Array.from({ length: 12 }, () => pool.ask(question(clock)));
    await pass(clock, 5000);
    for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ outcome: 'answered', keyId: 'c' });
    expect(client.calls.filter(({ keyId }) => keyId !== 'c').length).toBeLessThanOrEqual(8);
    expect(stateOf(pool, 'a')).toMatchObject({ condition: 'endpoint-down' });
  });

  it('asks once for a repair of an invalid answer', async () => {
    const script = ({ number }: ScriptedCall): ScriptedReply => ({
      afterMs: 100,
      result: completion(number === 0 ? 'nonsense' : '{}'),
    });
    const { clock, client, pool, reports } = start(keySet([key('a')]), script);
    expect(await outcomeAfter(clock, pool.ask(question(clock)), 500)).toMatchObject({
      outcome: 'answered',
      attempts: 2,
    });
    expect(client.calls[1]?.body).toContain('repair nonsense: it is no JSON');
    expect(reports.map(({ purpose, outcome }) => `${purpose} ${outcome}`)).toEqual([
      'first invalid-answer',
      'repair answered',
    ]);
  });

  it('gives up after the second invalid answer', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), () => ({ afterMs: 100, result: completion('nonsense') }));
    const reply = await outcomeAfter(clock, pool.ask(question(clock)), 500);
    expect(reply).toMatchObject({ reason: 'invalid-answer', message: 'it is no JSON', attempts: 2 });
    expect(client.calls).toHaveLength(2);
  });

  it('never lets a key be served again before its rest is over, and then only by one call until that went well', async () => {
    const script = ({ number }: ScriptedCall): ScriptedReply =>
      number === 0 ? { afterMs: 10, result: failure(429, '', { 'retry-after': '5' }) } : quick();
    const { clock, client, pool } = start(keySet([key('a')]), script, { maxRetries: 0 });
    await outcomeAfter(clock, pool.ask(question(clock)), 10);
    const replies = Array.from({ length: 5 }, () => pool.ask(question(clock, { deadlineMs: 20_000 })));
    await pass(clock, 20_000);
    for (const reply of await Promise.all(replies)) expect(reply.outcome).toBe('answered');
    const times = client.calls.map(({ atMs }) => atMs);
    expect(times[1]).toBe(5010);
    expect(times[2]).toBeGreaterThanOrEqual(5810);
  });

  it('says at once that no key can be used when all rest for longer than the deadline', async () => {
    const { clock, pool } = start(keySet([key('a')]), () => ({
      afterMs: 10,
      result: failure(429, '', { 'retry-after': '60' }),
    }));
    const first = await outcomeAfter(clock, pool.ask(question(clock)), 10);
    expect(first).toMatchObject({ outcome: 'unanswered', reason: 'no-key', attempts: 1 });
    expect(await outcomeAfter(clock, pool.ask(question(clock)), 0)).toMatchObject({ reason: 'no-key', attempts: 0 });
  });
});

describe('urgency', () => {
  it('sends urgent tasks first, and one in ten of the others', async () => {
    const { clock, client, pool } = start(keySet([key('a')], { requestsPerSecond: 5 }), quick, { initialKeyLimit: 20 });
    const order: string[] = [];
    const ask = (priority: 'high' | 'low') =>
      pool.ask({
        ...question(clock, { priority, deadlineMs: 60_000 }),
        bodyFor: () => {
          order.push(priority);
          return {};
        },
      });
    for (let number = 0; number < 30; number += 1) void ask('low');
    for (let number = 0; number < 40; number += 1) void ask('high');
    await pass(clock, 8000);
    expect(client.calls.length).toBeGreaterThan(35);
    const later = order.slice(2, 32);
    expect(later.filter((priority) => priority === 'low')).toHaveLength(3);
  });

  it('keeps places in flight for urgent tasks', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), () => undefined, {
      maxInFlight: 10,
      initialKeyLimit: 10,
    });
    for (let number = 0; number < 20; number += 1) void pool.ask(question(clock, { priority: 'low' }));
    await pass(clock, 0);
    expect(client.inFlight).toBe(9);
    void pool.ask(question(clock, { priority: 'high' }));
    await pass(clock, 0);
    expect(client.inFlight).toBe(10);
  });

  it('lets the least urgent go when the queue is full', async () => {
    const { clock, pool } = start(keySet([key('a')]), quick, { maxQueue: 2, initialKeyLimit: 1 });
    const [, low, lower] = [
      pool.ask(question(clock)),
      pool.ask(question(clock, { priority: 'low', deadlineMs: 8000 })),
      pool.ask(question(clock, { priority: 'low', deadlineMs: 9000 })),
    ];
    const high = pool.ask(question(clock, { priority: 'high' }));
    expect(await outcomeAfter(clock, lower, 0)).toMatchObject({ reason: 'queue-full' });
    expect(await outcomeAfter(clock, high, 3000)).toMatchObject({ outcome: 'answered' });
    expect(await outcomeAfter(clock, low, 0)).toMatchObject({ outcome: 'answered' });
  });
});

describe('a second call beside a slow one', () => {
  const withStragglers = (isSlow: () => boolean) => (): ScriptedReply =>
    isSlow() ? { afterMs: 5000, result: completion('slow') } : quick();

  it('is sent for an urgent task after the p95, to another group, and the first answer counts', async () => {
    let slowCalls = 0;
    const parts = start(
      keySet([key('a'), key('b')]),
      withStragglers(() => slowCalls-- > 0),
    );
    await warmUp(parts);
    slowCalls = 1;
    const reply = await outcomeAfter(parts.clock, parts.pool.ask(question(parts.clock, { priority: 'high' })), 1700);
    expect(reply).toMatchObject({ outcome: 'answered', hedged: true, attempts: 2, text: '{}' });
    expect(parts.client.inFlight).toBe(0);
    const last = parts.client.calls.slice(-2);
    expect(new Set(last.map(({ keyId }) => keyId)).size).toBe(2);
  });

  it('is not sent for others', async () => {
    let slowCalls = 0;
    const parts = start(
      keySet([key('a'), key('b')]),
      withStragglers(() => slowCalls-- > 0),
    );
    await warmUp(parts);
    slowCalls = 1;
    const reply = await outcomeAfter(parts.clock, parts.pool.ask(question(parts.clock)), 5000);
    expect(reply).toMatchObject({ outcome: 'answered', hedged: false, attempts: 1, text: 'slow' });
  });

  it('is sent for at most three calls in a hundred', async () => {
    let number = 0;
    const parts = start(
      keySet([key('a'), key('b')]),
      withStragglers(() => number++ % 10 === 0),
    );
    for (let call = 0; call < 200; call += 1) {
      void parts.pool.ask(question(parts.clock, { priority: 'high' }));
      await pass(parts.clock, 500);
    }
    const hedges = parts.reports.filter(({ purpose }) => purpose === 'hedge').length;
    expect(hedges).toBeGreaterThan(0);
    expect(hedges).toBeLessThanOrEqual(0.03 * parts.reports.length);
  });
});

describe('keys that change', () => {
  it('lets a removed key drain, and uses a new one at once', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), quick);
    const first = pool.ask(question(clock));
    pool.useKeys(keySet([key('b')]));
    expect(stateOf(pool, 'a')).toMatchObject({ condition: 'draining', inFlight: 1 });
    const second = pool.ask(question(clock));
    expect(await outcomeAfter(clock, first, 800)).toMatchObject({ outcome: 'answered', keyId: 'a' });
    expect(await outcomeAfter(clock, second, 0)).toMatchObject({ outcome: 'answered', keyId: 'b' });
    expect(pool.keys().map(({ id }) => id)).toEqual(['b']);
    expect(client.calls.map(({ keyId }) => keyId)).toEqual(['a', 'b']);
  });

  it('keeps what it knows of a key that stays: a rest is not shortened by a reload', async () => {
    const keys = () => keySet([key('a')]);
    const { clock, pool } = start(keys(), () => ({ afterMs: 10, result: failure(429, '', { 'retry-after': '60' }) }));
    await outcomeAfter(clock, pool.ask(question(clock)), 10);
    pool.useKeys(keys());
    expect(stateOf(pool, 'a')?.condition).toBe('cooling');
  });

  it('uses the new secret of a key', async () => {
    const { clock, pool } = start(keySet([key('a')]), () => ({ afterMs: 10, result: failure(401) }));
    await outcomeAfter(clock, pool.ask(question(clock)), 10);
    pool.useKeys(keySet([{ ...key('b'), id: 'a' }]));
    expect(stateOf(pool, 'a')?.condition).toBe('ready');
  });
});

describe("the day's tokens", () => {
  it('are kept for what is more urgent when four fifths are spent, and then are spent', async () => {
    const { clock, pool } = start(keySet([key('a')]), quick, { tokensPerDay: 10_000 });
    const ask = async (priority: 'high' | 'low') =>
      outcomeAfter(clock, pool.ask(question(clock, { priority, tokens: 1000 })), 1000);
    for (let call = 0; call < 8; call += 1) expect(await ask('low')).toMatchObject({ outcome: 'answered' });
    expect(await ask('low')).toMatchObject({ reason: 'budget', attempts: 0 });
    expect(pool.load().isBudgetShort).toBe(true);
    expect(await ask('high')).toMatchObject({ outcome: 'answered' });
    expect(await ask('high')).toMatchObject({ outcome: 'answered' });
    expect(await ask('high')).toMatchObject({ reason: 'budget' });
    await pass(clock, 86_400_000);
    expect(await ask('low')).toMatchObject({ outcome: 'answered' });
  });
});

describe('close', () => {
  it('cancels what waits and what is in flight, and closes the client', async () => {
    const { clock, client, pool } = start(keySet([key('a')]), () => undefined, { initialKeyLimit: 1 });
    const replies = [pool.ask(question(clock)), pool.ask(question(clock))];
    const closed = pool.close();
    expect(await Promise.all(replies)).toMatchObject([{ reason: 'cancelled' }, { reason: 'cancelled' }]);
    await closed;
    await pool.close();
    expect(client.inFlight).toBe(0);
    expect(client.isClosed).toBe(true);
    expect(await pool.ask(question(clock))).toMatchObject({ reason: 'cancelled' });
    expect(clock.untilNextMs()).toBeUndefined();
  });
});
