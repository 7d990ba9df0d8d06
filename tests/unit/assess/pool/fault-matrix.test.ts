/** Each fault of a provider, over real sockets: what the question comes to, and what is left behind. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeySet, QuotaLimits } from '../../../../src/assess/keys/key-set.ts';
import { Secret } from '../../../../src/assess/keys/secret.ts';
import { KeyPool } from '../../../../src/assess/pool/key-pool.ts';
import type { ModelReply, ModelRequest } from '../../../../src/assess/pool/model-pool.ts';
import type { CallReport } from '../../../../src/assess/pool/pool-observer.ts';
import type { PoolOptions } from '../../../../src/assess/pool/pool-options.ts';
import type { FakeFaultInput, FakeOptionsInput } from '../../../../src/fake-llm/fake-options.ts';
import { FakeProvider } from '../../../../src/fake-llm/fake-provider.ts';
import { ManualClock } from '../../../../src/time/clock.ts';

const picture = readFileSync(new URL('../../../reference/pictures/street-1.jpg', import.meta.url)).toString('base64');
const startMs = Date.UTC(2025, 0, 1);
const closers: (() => Promise<void>)[] = [];
let clock: ManualClock;
let stopTime: () => void;

beforeEach(() => {
  clock = new ManualClock(startMs);
  stopTime = passTime(clock);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  stopTime();
});

/** Time passes as it does on the machine, but for its pauses: what a machine with other things to do is late with, is in time. */
function passTime(manual: ManualClock): () => void {
  const longestStepMs = 2;
  let beforeMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    manual.advance(Math.min(nowMs - beforeMs, longestStepMs));
    beforeMs = nowMs;
  }, 1);
  return () => clearInterval(timer);
}

interface Setup {
  readonly faults?: readonly FakeFaultInput[];
  readonly provider?: Partial<FakeOptionsInput>;
  readonly options?: Partial<PoolOptions>;
  readonly keys?: readonly string[];
  readonly limits?: QuotaLimits;
}

/** A pool and a provider with the same keys: each its own account, all at endpoint `main`. */
async function start({ faults = [], provider: more, options, keys = ['a', 'b'], limits = {} }: Setup = {}) {
  const provider = await FakeProvider.start(
    {
      keys: Object.fromEntries(keys.map((id) => [`sk-${id}`, id])),
      latency: { meanMs: 5, spread: 0 },
      faults: [...faults],
      ...more,
    },
    { clock },
  );
  closers.push(() => provider.close());
  const set: KeySet = {
    endpoints: [{ id: 'main', model: 'm', structuredOutput: 'json_object', baseUrl: provider.baseUrl('main') }],
    groups: keys.map((id) => ({ id, limits })),
    keys: keys.map((id) => ({
      id,
      secret: new Secret(`sk-${id}`),
      priority: 0,
      group: id,
      endpoint: 'main',
      limits: {},
    })),
  };
  const reports: CallReport[] = [];
  const pool = new KeyPool({
    keys: set,
    options: { ramp: undefined, retryDelayMs: 5, expectedLatencyMs: 50, ...options },
    observer: { onCall: (report) => reports.push(report) },
    clock,
  });
  closers.push(() => pool.close());
  return { provider, pool, reports };
}

function question(deadlineMs = 5000): ModelRequest {
  const body = {
    response_format: { type: 'json_object' },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Answer in JSON: {"groups":[{"groupIndex":1}]}' },
          { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${picture}` } },
        ],
      },
    ],
  };
  return {
    priority: 'medium',
    deadlineMs: clock.monotonicMs() + deadlineMs,
    estimatedTokens: { prompt: 400, answer: 100 },
    bodyFor: () => body,
    faultOf: (text) => (text.startsWith('{"results"') ? undefined : 'expected a JSON object'),
    repairBodyFor: () => body,
  };
}

const stateOf = (pool: KeyPool, id: string) => pool.keys().find((state) => state.id === id);
const hitOnce = (fault: FakeFaultInput): FakeFaultInput => ({ ...fault, times: 1 });

describe('one call that meets a fault', () => {
  it.each<[string, FakeFaultInput, CallReport['outcome']]>([
    ['a server error', { kind: 'status', status: 500 }, 'server-error'],
    ['an overloaded server', { kind: 'status', status: 503 }, 'server-error'],
    ['a bad gateway', { kind: 'status', status: 502, message: '<html>' }, 'server-error'],
    ['a time-out of the gateway', { kind: 'status', status: 504 }, 'server-error'],
    ['a limit', { kind: 'status', status: 429, message: 'Requests rate limit exceeded' }, 'refused'],
    ['a key that is not accepted', { kind: 'status', status: 401 }, 'unauthorised'],
    ['a model that the key may not use', { kind: 'status', status: 404 }, 'unauthorised'],
    ['a connection that is reset', { kind: 'reset' }, 'connection'],
    ['a body that is cut off', { kind: 'cut' }, 'broken-answer'],
    ['a body that is no JSON', { kind: 'bad-json' }, 'broken-answer'],
    ['a body without end', { kind: 'huge' }, 'broken-answer'],
    ['an answer that is none', { kind: 'invalid-answer' }, 'invalid-answer'],
  ])('%s: the next one answers', async (_name, fault, outcome) => {
    const { pool, provider, reports } = await start({ faults: [hitOnce(fault)] });
    expect(await pool.ask(question())).toMatchObject({ outcome: 'answered', attempts: 2 });
    expect(reports.map((report) => report.outcome)).toEqual([outcome, 'answered']);
    expect(pool.load()).toMatchObject({ queued: 0, inFlight: 0 });
    expect(provider.statistics()).toMatchObject({ requests: 2 });
  });

  it('a bad request is not sent again', async () => {
    const { pool, provider } = await start({ faults: [{ kind: 'status', status: 400, message: 'too small' }] });
    expect(await pool.ask(question())).toMatchObject({ reason: 'bad-request', attempts: 1 });
    expect(provider.statistics().requests).toBe(1);
  });

  it('one that hangs is ended by the deadline, and its connection closed', async () => {
    const { pool, provider } = await start({ faults: [{ kind: 'hang' }] });
    const startedMs = clock.monotonicMs();
    expect(await pool.ask(question(300))).toMatchObject({ reason: 'deadline', attempts: 1 });
    expect(clock.monotonicMs() - startedMs).toBeLessThan(310);
    await expect.poll(() => provider.statistics().inFlight).toBe(0);
  });

  it('one that hangs leaves time for another once latencies are known', async () => {
    const latency = { meanMs: 60, spread: 0 };
    const { pool, provider } = await start({ provider: { latency }, options: { initialKeyLimit: 10 } });
    await Promise.all(Array.from({ length: 40 }, () => pool.ask(question())));
    provider.setFaults([hitOnce({ kind: 'hang' })]);
    expect(await pool.ask(question(1500))).toMatchObject({ outcome: 'answered', attempts: 2 });
  });
});

describe('what the provider asks for', () => {
  it.each([
    ['seconds', { retryAfter: '120' }, 120_000],
    ['a date', { retryAfter: new Date(startMs + 90_000).toUTCString() }, 90_000],
    ['milliseconds', { retryAfter: '1', retryAfterMs: 45_500 }, 45_500],
  ])('is kept: %s', async (_name, headers, expectedMs) => {
    const { pool } = await start({ faults: [hitOnce({ kind: 'status', status: 429, keys: ['sk-a'], ...headers })] });
    await pool.ask(question());
    await pool.ask(question());
    const state = stateOf(pool, 'a');
    expect(state?.condition).toBe('cooling');
    expect((state?.untilMs ?? 0) - clock.nowMs()).toBeGreaterThan(expectedMs - 1000);
    expect((state?.untilMs ?? 0) - clock.nowMs()).toBeLessThanOrEqual(expectedMs);
  });
});

describe('many calls', () => {
  it('use few connections again and again, and leave none in use', async () => {
    const { pool, provider } = await start({ options: { maxInFlight: 10, initialKeyLimit: 10 } });
    const replies = await Promise.all(Array.from({ length: 200 }, () => pool.ask(question(20_000))));
    expect(replies.every(({ outcome }) => outcome === 'answered')).toBe(true);
    expect(provider.statistics().maxInFlight).toBeLessThanOrEqual(10);
    expect(provider.connections).toBeLessThanOrEqual(24);
  });

  it('survive every fault at once: each gets one reply in time', async () => {
    const kinds = ['reset', 'cut', 'bad-json', 'invalid-answer', 'hang'] as const;
    const faults: FakeFaultInput[] = [
      ...kinds.map((kind) => ({ kind, share: 0.05 })),
      { kind: 'status', status: 500, share: 0.05 },
      { kind: 'status', status: 429, share: 0.05, retryAfterMs: 20 },
    ];
    const { pool, provider } = await start({
      faults,
      keys: ['a', 'b', 'c', 'd'],
      options: { cooling: { minMs: 10, maxMs: 50 }, initialKeyLimit: 10 },
    });
    const startedMs = clock.monotonicMs();
    const latest: number[] = [];
    const ask = async (): Promise<ModelReply> => {
      const reply = await pool.ask(question(1500));
      latest.push(clock.monotonicMs() - startedMs);
      return reply;
    };
    const replies = await Promise.all(Array.from({ length: 150 }, ask));
    expect(replies.filter(({ outcome }) => outcome === 'answered').length).toBeGreaterThan(75);
    expect(Math.max(...latest)).toBeLessThan(1600);
    expect(pool.load()).toMatchObject({ queued: 0, inFlight: 0 });
    await expect.poll(() => provider.statistics().inFlight).toBe(0);
  });

  it('within the limits are never refused', async () => {
    const limits = { requestsPerSecond: 20, requestsPerMinute: 1200 };
    const { pool, provider } = await start({
      limits,
      provider: { limits: { '*': limits } },
      options: { initialKeyLimit: 5 },
    });
    const replies = await Promise.all(Array.from({ length: 80 }, () => pool.ask(question(10_000))));
    expect(replies.every(({ outcome }) => outcome === 'answered')).toBe(true);
    expect(provider.statistics()).toMatchObject({ admitted: 80, refused: {} });
  });
});

describe('the end', () => {
  it('cancels calls in flight and closes their connections', async () => {
    const { pool, provider } = await start({ provider: { latency: { meanMs: 60_000 } } });
    const asked = [pool.ask(question()), pool.ask(question())];
    await expect.poll(() => provider.statistics().inFlight).toBe(2);
    await pool.close();
    expect(await Promise.all(asked)).toMatchObject([{ reason: 'cancelled' }, { reason: 'cancelled' }]);
    await expect.poll(() => provider.statistics().inFlight).toBe(0);
  });

  it('of a provider that is not there: every question gets its reply', async () => {
    const { pool, provider } = await start();
    await provider.close();
    expect(await pool.ask(question(1000))).toMatchObject({ outcome: 'unanswered', attempts: 3 });
  });
});

it('never lets a key into what people or programs see', async () => {
  const { pool } = await start({
    faults: ['sk-a', 'sk-b'].map((secret) => ({
      kind: 'status',
      status: 401,
      keys: [secret],
      message: `Incorrect API key provided: ${secret}.`,
    })),
  });
  const reply = await pool.ask(question());
  const seen = JSON.stringify([reply, pool.keys()]);
  expect(seen).toContain('Incorrect API key provided');
  expect(seen).not.toMatch(/sk-[ab]\b/);
});
