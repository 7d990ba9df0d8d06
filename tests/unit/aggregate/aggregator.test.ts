import { beforeEach, describe, expect, test } from 'vitest';
import { Aggregator, type AggregatorOptions } from '../../../src/aggregate/aggregator.ts';
import type { AssessedDetection, GroupAssessment, JoinOutcome } from '../../../src/aggregate/assessed.ts';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { detectionMessage, groupRisk, resultMessage, trafficGroup } from '../../support/risk-messages.ts';

const here = [10, 20, 90, 60] as const;
const there = [500, 20, 600, 90] as const;

let clock: ManualClock;
let groups: GroupAssessment[];
let joined: { detection: AssessedDetection; outcome: JoinOutcome }[];

function aggregator(options: Partial<AggregatorOptions> = {}): Aggregator {
  return new Aggregator({
    clock,
    onGroup: (assessment) => {
      groups.push(assessment);
    },
    onDetection: (detection, outcome) => {
      joined.push({ detection, outcome });
    },
    ...options,
  });
}

beforeEach(() => {
  clock = new ManualClock();
  groups = [];
  joined = [];
});

describe('a group', () => {
  test('is handed on at once, with what its detection knows of it', () => {
    const join = aggregator();
    join.addDetection(detectionMessage('r1', [here, there]));
    join.addResult(resultMessage('r1', groupRisk(2)));
    expect(groups).toEqual([
      {
        requestId: 'r1',
        cameraId: '7',
        capturedAtMs: Date.UTC(2025, 5, 1, 12, 30, 15, 250),
        risk: groupRisk(2),
        llmLatency: 0.8,
        llmModel: 'qwen-vl-plus',
        llmRawText: 'says high',
        group: trafficGroup(2, there),
        imageWidth: 1280,
        imageHeight: 720,
        picture: 'cGljdHVyZQ==',
      },
    ]);
    expect(joined).toEqual([]);
  });

  test('whose result comes first waits for its detection', () => {
    const join = aggregator();
    join.addResult(resultMessage('r1', groupRisk(1)));
    expect(groups).toEqual([]);
    join.addDetection(detectionMessage('r1', [here]));
    expect(groups).toMatchObject([{ group: { bbox: here }, picture: 'cGljdHVyZQ==' }]);
    expect(joined).toMatchObject([{ outcome: 'complete' }]);
  });

  test('whose detection does not come is handed on without it: a danger is not kept back', () => {
    aggregator().addResult(resultMessage('r1', groupRisk(1)));
    clock.advance(1999);
    expect(groups).toEqual([]);
    clock.advance(1);
    expect(groups).toHaveLength(1);
    expect(groups[0]).not.toHaveProperty('group');
  });

  test('is handed on once, however often its message comes', () => {
    const join = aggregator();
    join.addDetection(detectionMessage('r1', [here, there]));
    for (let time = 0; time < 3; time += 1) join.addResult(resultMessage('r1', groupRisk(1)));
    join.addDetection(detectionMessage('r1', [here, there]));
    expect(groups).toHaveLength(1);
    expect(join.stats()).toMatchObject({ repeats: 3, pending: 1 });
  });
});

describe('a detection', () => {
  test('is joined when the last of its groups has its result, in the order of the groups', () => {
    const join = aggregator();
    join.addDetection(detectionMessage('r1', [here, there]));
    join.addResult(resultMessage('r1', groupRisk(2, { riskLevel: 'high' }), { llmLatency: 0.5, llmModel: 'big' }));
    join.addResult(resultMessage('r1', groupRisk(1, { riskLevel: 'none' }), { llmLatency: 1.5, llmModel: 'small' }));
    expect(joined).toMatchObject([
      {
        outcome: 'complete',
        detection: {
          requestId: 'r1',
          cameraId: '7',
          riskAssessment: {
            allGroupResults: [{ groupIndex: 1 }, { groupIndex: 2 }],
            resultCount: 2,
            groupCount: 2,
          },
          hasDangerousDriving: true,
          maxRiskLevel: 'high',
          llmLatency: 1.5,
          llmModel: 'big',
          complete: true,
        },
      },
    ]);
    expect(join.stats()).toMatchObject({ pending: 0, pictureBytes: 0 });
  });

  test('without groups is complete at once', () => {
    aggregator().addDetection(detectionMessage('r1', []));
    expect(joined).toMatchObject([{ outcome: 'complete', detection: { maxRiskLevel: 'none', llmLatency: 0 } }]);
  });

  test('goes on with what there is when its time is up', () => {
    const join = aggregator({ waitMs: 30_000 });
    join.addDetection(detectionMessage('some', [here, there]));
    join.addDetection(detectionMessage('none', [here]));
    join.addResult(resultMessage('some', groupRisk(1)));
    clock.advance(29_999);
    expect(joined).toEqual([]);
    clock.advance(1);
    expect(joined).toMatchObject([
      { outcome: 'partial', detection: { complete: false, riskAssessment: { resultCount: 1, groupCount: 2 } } },
      { outcome: 'unassessed', detection: { complete: false, hasDangerousDriving: false } },
    ]);
    expect(join.stats().pending).toBe(0);
  });
});

describe('what waits is bounded', () => {
  test('in number: the oldest make room, and are said', () => {
    const join = aggregator({ maxPending: 2 });
    for (const id of ['r1', 'r2', 'r3']) join.addDetection(detectionMessage(id, [here]));
    expect(joined).toMatchObject([{ outcome: 'evicted', detection: { requestId: 'r1' } }]);
    expect(join.stats().pending).toBe(2);
  });

  test('in bytes: the oldest lose their pictures, not their results', () => {
    const picture = 'x'.repeat(1000);
    const join = aggregator({ maxPictureBytes: 2500 });
    for (const id of ['r1', 'r2', 'r3']) join.addDetection(detectionMessage(id, [here], { picture }));
    expect(join.stats()).toMatchObject({ pictureBytes: 2000, picturesDropped: 1, pending: 3 });
    join.addResult(resultMessage('r1', groupRisk(1)));
    join.addResult(resultMessage('r2', groupRisk(1)));
    expect(groups[0]).not.toHaveProperty('picture');
    expect(groups[1]?.picture).toBe(picture);
    expect(join.stats().pictureBytes).toBe(1000);
  });

  test('in results without a detection: the oldest are handed on early', () => {
    const join = aggregator({ maxPending: 2 });
    for (const id of ['r1', 'r2', 'r3']) join.addResult(resultMessage(id, groupRisk(1)));
    expect(groups.map(({ requestId }) => requestId)).toEqual(['r1']);
  });
});

test('reads the bus until it is closed, and then hands on what it has', async () => {
  const bus = new MemoryBus({ onHandlerError: (error) => expect.fail(String(error)) });
  const join = aggregator();
  join.read(bus);
  await bus.publish('detection-results', '7', detectionMessage('r1', [here, there]));
  await bus.publish('risk-assessment-results', '7', resultMessage('r1', groupRisk(1)));
  await bus.publish('risk-assessment-results', '7', resultMessage('r2', groupRisk(1)));
  join.close();
  expect(groups.map(({ requestId }) => requestId)).toEqual(['r1', 'r2']);
  expect(joined).toMatchObject([{ outcome: 'partial' }]);
  expect(bus.hasSubscribers('detection-results')).toBe(false);
  clock.advance(60_000);
  expect(joined).toHaveLength(1);
});

describe('a message counts as handled', () => {
  /** Whether the promise has resolved by now. */
  async function isDone(promise: Promise<void>): Promise<boolean> {
    const pending = Symbol('pending');
    await new Promise((resolve) => setImmediate(resolve));
    return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
  }

  test('when its detection has been handed on with all results', async () => {
    const join = aggregator();
    const detection = join.addDetection(detectionMessage('r1', [here, there]));
    const first = join.addResult(resultMessage('r1', groupRisk(1)));
    expect(await isDone(detection)).toBe(false);
    expect(await isDone(first)).toBe(false);
    const second = join.addResult(resultMessage('r1', groupRisk(2)));
    expect(joined).toHaveLength(1);
    expect(await Promise.all([detection, first, second].map(isDone))).toEqual([true, true, true]);
  });

  test('in whatever order they come, and when they come again', async () => {
    const join = aggregator();
    const result = join.addResult(resultMessage('r1', groupRisk(1)));
    const repeated = join.addResult(resultMessage('r1', groupRisk(1)));
    expect(await isDone(repeated)).toBe(false);
    const detection = join.addDetection(detectionMessage('r1', [here]));
    const late = join.addResult(resultMessage('r1', groupRisk(1)));
    expect(await Promise.all([result, repeated, detection, late].map(isDone))).toEqual([true, true, true, true]);
  });

  test('when the alert that a group is part of is kept, with its detection or alone', async () => {
    const keeps: (() => void)[] = [];
    const join = aggregator({ onGroup: () => new Promise<void>((resolve) => keeps.push(resolve)) });
    const detection = join.addDetection(detectionMessage('r1', [here]));
    const result = join.addResult(resultMessage('r1', groupRisk(1)));
    const alone = join.addResult(resultMessage('r2', groupRisk(1)));
    clock.advance(2000);
    expect(keeps).toHaveLength(2);
    expect(await Promise.all([detection, result, alone].map(isDone))).toEqual([false, false, false]);
    keeps[0]?.();
    expect(await Promise.all([detection, result, alone].map(isDone))).toEqual([true, true, false]);
    keeps[1]?.();
    expect(await isDone(alone)).toBe(true);
  });

  test('when the time is up', async () => {
    const join = aggregator({ waitMs: 30_000, detectionWaitMs: 10_000 });
    const detection = join.addDetection(detectionMessage('r1', [here]));
    const alone = join.addResult(resultMessage('r2', groupRisk(1)));
    clock.advance(10_000);
    expect(await Promise.all([detection, alone].map(isDone))).toEqual([false, true]);
    clock.advance(20_000);
    expect(await isDone(detection)).toBe(true);
    expect(joined).toMatchObject([{ outcome: 'unassessed', detection: { complete: false } }]);
  });

  test('when whoever is told has taken the join; so do those that come again meanwhile', async () => {
    let take = () => {};
    const join = aggregator({
      onDetection: () =>
        new Promise((resolve) => {
          take = resolve;
        }),
    });
    const early = join.addResult(resultMessage('r1', groupRisk(1)));
    const detection = join.addDetection(detectionMessage('r1', [here]));
    const again = [
      join.addDetection(detectionMessage('r1', [here])),
      join.addResult(resultMessage('r1', groupRisk(1))),
    ];
    const messages = [early, detection, ...again];
    expect(await Promise.all(messages.map(isDone))).toEqual([false, false, false, false]);
    take();
    expect(await Promise.all(messages.map(isDone))).toEqual([true, true, true, true]);
    expect(await isDone(join.addResult(resultMessage('r1', groupRisk(1))))).toBe(true);
  });
});
