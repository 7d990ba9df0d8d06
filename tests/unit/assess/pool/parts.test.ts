/** The pool's small parts, each for itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptTimeMs } from '../../../../src/assess/pool/attempt-time.ts';
import { Backoff } from '../../../../src/assess/pool/backoff.ts';
import { Breaker } from '../../../../src/assess/pool/breaker.ts';
import { ConcurrencyLimit } from '../../../../src/assess/pool/concurrency-limit.ts';
import { HedgeBudget } from '../../../../src/assess/pool/hedge-budget.ts';
import { LatencyWindow } from '../../../../src/assess/pool/latency-window.ts';
import { LearnedShare } from '../../../../src/assess/pool/learned-share.ts';
import { taskPriorities } from '../../../../src/assess/pool/model-pool.ts';
import { defaultPoolOptions } from '../../../../src/assess/pool/pool-options.ts';
import { QuotaGroup } from '../../../../src/assess/pool/quota-group.ts';
import { Rest } from '../../../../src/assess/pool/rest.ts';
import type { RestReason } from '../../../../src/assess/pool/rest-reason.ts';
import { SlidingWindow } from '../../../../src/assess/pool/sliding-window.ts';
import { type QueuedTask, TaskQueue } from '../../../../src/assess/pool/task-queue.ts';
import { TokenEstimate } from '../../../../src/assess/pool/token-estimate.ts';
import { TokenWindow } from '../../../../src/assess/pool/token-window.ts';
import type { LimitKind } from '../../../../src/assess/pool/verdict.ts';
import { seededRandom } from '../../../../src/time/random.ts';

const cooling = { minMs: 10_000, maxMs: 120_000 };
const reason: RestReason = { cause: 'server-error', detail: 'status 500' };
const refusal = (limit: LimitKind, retryAfterMs?: number) =>
  ({
    kind: 'refused',
    limit,
    words: `over ${limit}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }) as const;

describe('a rest', () => {
  it('is never shortened, and ends with a trial', () => {
    const rest = new Rest();
    expect(rest.readyAtMs()).toBe(Number.NEGATIVE_INFINITY);
    rest.restUntil(500, reason);
    rest.restUntil(200, reason);
    expect(rest.readyAtMs()).toBe(500);
    expect(rest.begin(499)).toBe(false);
    expect(rest.begin(500)).toBe(true);
    expect([rest.readyAtMs(), rest.begin(501)]).toEqual([Number.POSITIVE_INFINITY, false]);
    rest.endTrial('unknown');
    expect(rest.begin(502)).toBe(true);
    rest.endTrial('well');
    expect(rest.isNone).toBe(true);
  });

  it('that begins while a trial is under way stays, however that ends', () => {
    const rest = new Rest();
    rest.restUntil(10, reason);
    rest.begin(10);
    rest.restUntil(90, reason);
    rest.endTrial('well');
    expect(rest.readyAtMs()).toBe(90);
  });

  it('is told with the reason for which it is as long as it is', () => {
    const rest = new Rest();
    expect(rest.reason).toBeUndefined();
    rest.restUntil(500, { cause: 'tokens', detail: 'too many tokens' });
    rest.restUntil(200, { cause: 'requests', detail: 'too many requests' });
    expect(rest.reason?.cause).toBe('tokens');
    rest.restUntil(900, { cause: 'account', detail: 'no quota' });
    expect(rest.reason).toEqual({ cause: 'account', detail: 'no quota' });
  });
});

describe('a back-off', () => {
  it('doubles from the shortest rest to the longest, and comes back with successes', () => {
    const backoff = new Backoff(cooling, () => 0.5);
    expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
    for (let success = 0; success < 40; success += 1) backoff.succeeded();
    expect(backoff.next()).toBe(120_000);
    for (let success = 0; success < 20 * 16; success += 1) backoff.succeeded();
    expect(backoff.next()).toBe(10_000);
  });

  it('never leaves its range, whatever chance says', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (chance) => {
        const backoff = new Backoff(cooling, () => chance.next().value ?? 0);
        for (let time = 0; time < 20; time += 1) {
          const restMs = backoff.next();
          expect(restMs).toBeGreaterThanOrEqual(cooling.minMs);
          expect(restMs).toBeLessThanOrEqual(cooling.maxMs);
        }
      }),
    );
  });
});

describe('a quota group', () => {
  const group = () => new QuotaGroup({ id: 'g', limits: {} }, defaultPoolOptions, () => 0.5);

  it('rests as long as the provider says, and a later, shorter word does not end it sooner', () => {
    const resting = group();
    resting.refused(refusal('requests', 60_000), 0);
    resting.refused(refusal('requests', 2000), 1000);
    expect(resting.rest.readyAtMs()).toBe(60_000);
    resting.refused(refusal('requests', 90_000), 2000);
    expect(resting.rest.readyAtMs()).toBe(92_000);
  });

  it('counts the refusals of calls that were in flight together as one', () => {
    const resting = group();
    for (const nowMs of [0, 5, 9]) resting.refused(refusal('requests'), nowMs);
    expect(resting.rest.readyAtMs()).toBe(10_000);
    resting.rest.begin(10_000);
    resting.refused(refusal('requests'), 10_100);
    expect(resting.rest.readyAtMs()).toBe(30_100);
  });

  it('asks an account that cannot pay after minutes only', () => {
    const resting = group();
    resting.refused(refusal('account'), 0);
    expect(resting.rest.readyAtMs()).toBe(300_000);
  });
});

describe('an endpoint’s breaker', () => {
  it('opens when half of ten calls fail', () => {
    const breaker = new Breaker(cooling, () => 0.5);
    for (let pair = 0; pair < 4; pair += 1) {
      breaker.succeeded(pair);
      expect(breaker.failed(reason, pair)).toBe(false);
    }
    breaker.succeeded(5);
    expect(breaker.failed(reason, 6)).toBe(true);
    expect(breaker.rest.readyAtMs()).toBe(10_006);
  });

  it('opens after five failures in a row, however rare calls are', () => {
    const breaker = new Breaker(cooling, () => 0.5);
    const opened = [0, 60_000, 120_000, 180_000, 240_000].map((nowMs) => breaker.failed(reason, nowMs));
    expect(opened).toEqual([false, false, false, false, true]);
  });

  it('stays closed while fewer than half fail', () => {
    const breaker = new Breaker(cooling, () => 0.5);
    for (let call = 0; call < 300; call += 1) {
      if (call % 3 === 0) expect(breaker.failed(reason, call * 100)).toBe(false);
      else breaker.succeeded(call * 100);
    }
  });

  it('opens at once where the endpoint says how long, and again when the trial fails', () => {
    const breaker = new Breaker(cooling, () => 0.5);
    expect(breaker.failed(reason, 0, 3000)).toBe(true);
    expect(breaker.rest.begin(3000)).toBe(true);
    expect(breaker.failed(reason, 3100)).toBe(true);
    expect(breaker.rest.readyAtMs()).toBe(13_100);
  });
});

describe('the limit of calls in flight', () => {
  const limit = () => new ConcurrencyLimit({ initial: 4, most: 50 });
  const answers = (of: ConcurrencyLimit, count: number, latencyMs = 800, inFlight = () => of.value) => {
    for (let answer = 0; answer < count; answer += 1) of.answered({ latencyMs, inFlight: inFlight() }, 0);
  };

  it('grows by one a round while it is used, up to its most', () => {
    const growing = limit();
    answers(growing, 4);
    expect(growing.value).toBe(5);
    answers(growing, 5);
    expect(growing.value).toBe(6);
    answers(growing, 5000);
    expect(growing.value).toBe(50);
  });

  it('does not grow while it is not used', () => {
    const idle = limit();
    answers(idle, 200, 800, () => 1);
    expect(idle.value).toBe(4);
  });

  it('halves once for all calls that were in flight together, and never falls below one', () => {
    const halved = limit();
    for (const sentAtMs of [10, 20, 30]) halved.overloaded(sentAtMs, 100);
    expect(halved.value).toBe(2);
    for (let nowMs = 200; nowMs < 2000; nowMs += 100) halved.overloaded(nowMs - 50, nowMs);
    expect(halved.value).toBe(1);
  });

  it('shrinks when latency leaves its usual range', () => {
    const slowed = limit();
    answers(slowed, 320, 800, () => 1);
    answers(slowed, 32, 4000, () => 1);
    expect(slowed.value).toBe(3);
  });
});

describe('a window of tokens', () => {
  it('counts what was set aside until it is settled, and says when there is room', () => {
    const window = new TokenWindow(60_000);
    const first = window.reserve(0, 600);
    window.reserve(10_000, 300);
    expect(window.earliestMs(20_000, 100, 1000)).toBe(20_000);
    expect(window.earliestMs(20_000, 200, 1000)).toBe(60_000);
    window.settle(first, 400, 20_000);
    expect(window.earliestMs(20_000, 200, 1000)).toBe(20_000);
    expect(window.used(60_000)).toBe(300);
    window.settle(first, 900, 61_000);
    expect(window.used(61_000)).toBe(300);
  });

  it('lets a call that is larger than the limit have a window of its own', () => {
    const window = new TokenWindow(1000);
    expect(window.earliestMs(0, 5000, 1000)).toBe(0);
    window.reserve(0, 5000);
    expect(window.earliestMs(10, 5000, 1000)).toBe(1000);
  });
});

describe('a window of events', () => {
  it('remembers across another limit what was sent under the old one', () => {
    const window = new SlidingWindow(4);
    for (const atMs of [1, 2, 3, 4]) window.take(atMs);
    expect(window.resized(2).earliestMs(1000)).toBe(1003);
    const larger = window.resized(5);
    expect(larger.earliestMs(1000)).toBe(Number.NEGATIVE_INFINITY);
    larger.take(5);
    expect(larger.earliestMs(1000)).toBe(1001);
  });

  it('counts an event from when it really came', () => {
    const window = new SlidingWindow(1);
    const place = window.take(0);
    window.delayed(place, 0, 300);
    expect(window.earliestMs(1000)).toBe(1300);
    window.take(1300);
    window.delayed(place, 0, 5000);
    expect(window.earliestMs(1000)).toBe(2300);
  });
});

describe('what is learned', () => {
  it('of a limit: a tenth less after a refusal, and slowly more again, the more slowly the more often', () => {
    const share = new LearnedShare();
    share.refused(0);
    expect(share.at(0)).toBeCloseTo(0.9);
    expect(share.at(60_000)).toBeCloseTo(0.92);
    expect(share.at(600_000)).toBe(1);
    share.refused(600_000);
    expect(share.at(660_000)).toBeCloseTo(0.91);
    for (let time = 0; time < 100; time += 1) share.refused(700_000);
    expect(share.at(700_000)).toBeCloseTo(0.3);
  });

  it('of estimates: more is set aside where they were too low, never less than they say', () => {
    const estimate = new TokenEstimate();
    expect(estimate.corrected(1000)).toBe(1000);
    for (let call = 0; call < 100; call += 1) estimate.observe(1000, 1500);
    expect(estimate.corrected(1000)).toBeGreaterThanOrEqual(1500);
    for (let call = 0; call < 300; call += 1) estimate.observe(1000, 300);
    expect(estimate.corrected(1000)).toBe(1000);
  });

  it('of latency: quantiles when there are enough calls, and nothing that is old', () => {
    const latency = new LatencyWindow(1000);
    expect([latency.meanMs(0), latency.quantileMs(0.9, 0)]).toEqual([1000, undefined]);
    for (let call = 1; call <= 100; call += 1) latency.observe(call * 10, call);
    expect(latency.quantileMs(0.9, 100)).toBe(910);
    expect(latency.quantileMs(0.95, 100)).toBe(960);
    expect(latency.quantileMs(0.9, 200_000)).toBeUndefined();
    expect(latency.meanMs(600_000)).toBeCloseTo(1000, 0);
  });
});

describe('the time of a call', () => {
  const facts = { remainingMs: 6000, timeoutMs: 30_000, neededMs: 1000, slowMs: 1200, mayRetry: true };

  it('leaves enough for another one', () => {
    expect(attemptTimeMs(facts)).toBe(4000);
  });

  it.each([
    ['where no other may follow', { mayRetry: false }, 6000],
    ['where latency is not known', { slowMs: undefined }, 6000],
    ['where that would end calls that are merely slow', { slowMs: 2500 }, 6000],
    ['up to what is configured', { timeoutMs: 3000 }, 3000],
  ])('is all that is left %s', (_name, changes, expected) => {
    expect(attemptTimeMs({ ...facts, ...changes })).toBe(expected);
  });
});

describe('hedges', () => {
  it('are never more than their share of calls', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 2000 }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        (wants, share) => {
          const budget = new HedgeBudget(share);
          let hedges = 0;
          wants.forEach((wantsHedge, index) => {
            budget.earn();
            if (wantsHedge && budget.spend()) hedges += 1;
            expect(hedges).toBeLessThanOrEqual(share * (index + 1) + 1e-9);
          });
        },
      ),
    );
  });
});

describe('the queue', () => {
  interface Waiting extends QueuedTask {
    readonly number: number;
  }

  it('gives out what it was given: the most urgent lane’s earliest deadline, all in the end, none twice', () => {
    const entry = fc.record({
      priority: fc.constantFrom(...taskPriorities),
      deadlineMs: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 80 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer(),
        (entries, most, seed) => {
          const random = seededRandom(seed);
          const queue = new TaskQueue<Waiting>(most);
          const waiting = new Set<Waiting>();
          const takeOne = () => {
            const heads = queue.heads();
            const [head] = heads;
            if (head === undefined) return;
            for (const first of heads) {
              const lane = [...waiting].filter(({ priority }) => priority === first.priority);
              expect(first.deadlineMs).toBe(Math.min(...lane.map(({ deadlineMs }) => deadlineMs)));
            }
            queue.takeTurn(head);
            expect(waiting.delete(head)).toBe(true);
          };
          entries.forEach((one, number) => {
            const task = { ...one, number, heapIndex: -1 };
            waiting.add(task);
            const evicted = queue.push(task);
            if (evicted !== undefined) expect(waiting.delete(evicted)).toBe(true);
            if (random() < 0.3) takeOne();
            expect(queue.size).toBe(waiting.size);
            expect(queue.size).toBeLessThanOrEqual(most);
          });
          while (queue.size > 0) takeOne();
          expect(waiting.size).toBe(0);
          expect(queue.earliestDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  it('gives each lane one turn in ten at least', () => {
    const queue = new TaskQueue<Waiting>(1000);
    for (const priority of taskPriorities) {
      for (let number = 0; number < 100; number += 1)
        queue.push({ priority, deadlineMs: number, heapIndex: -1, number });
    }
    const turns = Array.from({ length: 50 }, () => {
      const [head] = queue.heads();
      if (head !== undefined) queue.takeTurn(head);
      return head?.priority;
    });
    expect(turns.slice(0, 9)).toEqual(Array(9).fill('high'));
    for (const priority of ['medium', 'low'])
      expect(turns.filter((turn) => turn === priority).length).toBeGreaterThanOrEqual(4);
  });
});
