/** `/api/keys`, as clients meet it. */
import { afterEach, expect, test } from 'vitest';
import type { KeyReport } from '../../../src/assess/key-report.ts';
import { calmLoad, keyState } from '../../support/assessment.ts';
import { TestServer } from '../../support/test-server.ts';

let server: TestServer;

afterEach(() => server.close());

const nowMs = Date.UTC(2025, 0, 1);
const report: KeyReport = {
  judge: { by: 'model', models: ['qwen-vl-plus'] },
  lastMinute: { model: 7, cache: 2, rules: 1, rulesBecause: { deadline: 1 }, models: ['qwen-vl-plus'] },
  keys: [keyState({ successes: 3, refusals: 1, calls: 5 }), keyState({ id: 'k2' })],
  groups: [{ id: 'g', condition: 'resting', cause: 'tokens', detail: 'status 429', untilMs: nowMs + 9000 }],
  endpoints: [{ id: 'e', model: 'qwen-vl-plus', condition: 'ready' }],
  load: { ...calmLoad, inFlight: 2, spent: { day: 1, tokens: 81_000 }, tokensPerDay: 100_000, isBudgetShort: true },
  problem: { message: 'config/api_keys.yaml:3 api_keys[0].id: expected a name', sinceMs: nowMs - 1000 },
};

async function data(): Promise<Record<string, unknown>> {
  const response = await server.get('/api/keys');
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return ((await response.json()) as { data: Record<string, unknown> }).data;
}

test('tells who judges, each key, and what the pool has left', async () => {
  server = await TestServer.start({ keys: () => report });
  expect(await data()).toEqual({
    nowMs,
    judge: { by: 'model', models: ['qwen-vl-plus'] },
    lastMinute: { model: 7, cache: 2, rules: 1, rulesBecause: { deadline: 1 }, models: ['qwen-vl-plus'] },
    keys: [{ ...report.keys[0], successRate: 0.75 }, report.keys[1]],
    groups: report.groups,
    endpoints: report.endpoints,
    pool: {
      inFlight: 2,
      maxInFlight: 50,
      queued: 0,
      maxQueued: 512,
      tokensToday: 81_000,
      countedSinceMs: nowMs,
      tokensPerDay: 100_000,
      budgetShort: true,
    },
    fileProblem: report.problem,
  });
});

test.each(['nobody', 'elsewhere'] as const)('says so where %s assesses', async (by) => {
  server = await TestServer.start({ keys: () => by });
  expect(await data()).toEqual({ nowMs, judge: { by }, keys: [], groups: [], endpoints: [] });
});

test('cannot be written to', async () => {
  server = await TestServer.start({ keys: () => report });
  const response = await server.get('/api/keys', {}, 'POST');
  expect(response.status).toBe(405);
});
