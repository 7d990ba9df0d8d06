/** Whatever goes wrong: no question is lost or answered twice, none is late, and nothing leaks. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyPool } from '../../../../src/assess/pool/key-pool.ts';
import { type ModelReply, type TaskPriority, taskPriorities } from '../../../../src/assess/pool/model-pool.ts';
import { ManualClock } from '../../../../src/time/clock.ts';
import { seededRandom } from '../../../../src/time/random.ts';
import {
  completion,
  endpoint,
  failure,
  key,
  keySet,
  pass,
  question,
  ScriptedClient,
  type ScriptedReply,
} from '../../../support/model-pool.ts';

/** Everything that a provider may do, from what goes well to what never comes. */
const behaviours: readonly ((afterMs: number) => ScriptedReply)[] = [
  (afterMs) => ({ afterMs, result: completion('{}', { prompt: 800, answer: 90 }) }),
  (afterMs) => ({ afterMs, result: completion() }),
  (afterMs) => ({ afterMs, result: completion('nonsense') }),
  (afterMs) => ({ afterMs, result: failure(429, 'Requests rate limit exceeded', { 'retry-after-ms': '300' }) }),
  (afterMs) => ({ afterMs, result: failure(429, 'Allocated quota exceeded') }),
  (afterMs) => ({ afterMs, result: failure(401) }),
  (afterMs) => ({ afterMs, result: failure(400) }),
  (afterMs) => ({ afterMs, result: failure(503, '', { 'retry-after': '1' }) }),
  (afterMs) => ({ afterMs, result: { kind: 'failed', cause: 'connection', message: 'reset' } }),
  (afterMs) => ({ afterMs, result: { kind: 'failed', cause: 'cut', message: 'closed' } }),
  (afterMs) => ({ afterMs, result: { kind: 'response', status: 200, headers: {}, body: '{"choices":' } }),
  () => undefined,
];

interface Question {
  readonly priority: TaskPriority;
  readonly afterMs: number;
  readonly deadlineMs: number;
  /** When the caller loses interest; none: never. */
  readonly cancelMs: number | undefined;
}

const questions = fc.array(
  fc.record({
    priority: fc.constantFrom(...taskPriorities),
    afterMs: fc.integer({ min: 0, max: 2000 }),
    deadlineMs: fc.integer({ min: 1, max: 12_000 }),
    cancelMs: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined, freq: 6 }),
  }),
  { minLength: 1, maxLength: 80 },
);

const scenario = fc.record({
  questions,
  /** How often each behaviour comes. */
  weights: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: behaviours.length, maxLength: behaviours.length }),
  keys: fc.integer({ min: 1, max: 6 }),
  groups: fc.integer({ min: 1, max: 3 }),
  maxInFlight: fc.integer({ min: 1, max: 12 }),
  maxQueue: fc.integer({ min: 1, max: 40 }),
  strategy: fc.constantFrom('least_loaded' as const, 'round_robin' as const, 'weighted' as const),
  reloadAfterMs: fc.integer({ min: 0, max: 60_000 }),
  seed: fc.integer(),
});

it('each question gets one reply by its deadline; nothing stays in flight; counts add up', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (plan) => {
      const clock = new ManualClock();
      const random = seededRandom(plan.seed);
      const deck = plan.weights.flatMap((weight, index) => Array<number>(weight + (index === 0 ? 1 : 0)).fill(index));
      const client = new ScriptedClient(clock, () => {
        const behaviour = behaviours[deck[Math.floor(random() * deck.length)] ?? 0];
        return behaviour?.(5 + random() * 2500);
      });
      const other = { ...endpoint, id: 'e2', model: 'other' };
      const keys = Array.from({ length: plan.keys }, (_, index) =>
        key(`k${index}`, { group: `g${index % plan.groups}`, endpoint: index % 2 === 0 ? 'e1' : 'e2' }),
      );
      const endpoints = [endpoint, other];
      const limits = { requestsPerSecond: 5, tokensPerMinute: 200_000 };
      const replies: { reply: ModelReply; atMs: number; question: Question; askedMs: number }[] = [];
      let observed = 0;
      const pool = new KeyPool({
        keys: keySet(keys, limits, { endpoints }),
        options: { strategy: plan.strategy, maxInFlight: plan.maxInFlight, maxQueue: plan.maxQueue, hedgeShare: 0.5 },
        client,
        clock,
        random,
        observer: {
          onReply: () => {
            observed += 1;
          },
        },
      });
      const check = () => {
        expect(client.inFlight).toBeLessThanOrEqual(plan.maxInFlight);
        for (const state of pool.keys()) expect(state.inFlight).toBeGreaterThanOrEqual(0);
      };
      for (const asked of plan.questions) {
        await pass(clock, asked.afterMs);
        check();
        const stop = new AbortController();
        if (asked.cancelMs !== undefined) clock.after(asked.cancelMs, () => stop.abort());
        const askedMs = clock.monotonicMs();
        pool
          .ask(question(clock, asked), stop.signal)
          .then((reply) => replies.push({ reply, atMs: clock.monotonicMs(), question: asked, askedMs }));
        if (clock.monotonicMs() > plan.reloadAfterMs) pool.useKeys(keySet(keys.slice(1), limits, { endpoints }));
      }
      await pass(clock, 13_000);
      check();
      expect(replies).toHaveLength(plan.questions.length);
      expect(observed).toBe(plan.questions.length);
      for (const { atMs, askedMs, question: asked } of replies) {
        expect(atMs - askedMs).toBeLessThanOrEqual(asked.deadlineMs);
      }
      for (const { reply } of replies) {
        if (reply.outcome === 'answered') expect(reply.text).toBe('{}');
        // One call, two more, a repair and a hedge at most.
        expect(reply.attempts).toBeLessThanOrEqual(5);
      }
      expect(client.inFlight).toBe(0);
      expect(pool.load()).toMatchObject({ queued: 0, inFlight: 0 });
      for (const state of pool.keys()) {
        expect(state.inFlight).toBe(0);
        expect(state.successes + state.refusals + state.failures).toBeLessThanOrEqual(state.calls);
      }
      await pool.close();
      expect(clock.untilNextMs()).toBeUndefined();
    }),
    { numRuns: 150 },
  );
});
