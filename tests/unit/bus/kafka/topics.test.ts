import { describe, expect, test } from 'vitest';
import { checkTopic, type FoundTopic, unequalPartitions } from '../../../../src/bus/kafka/topic-check.ts';
import { plannedTopics, type TopicPlan } from '../../../../src/bus/kafka/topic-plan.ts';

const plan: TopicPlan = { name: 'detection-results', partitions: 16, replicas: 3, settings: {} };

function found(
  partitions: number,
  overrides: { name?: string; replicas?: number[]; isrs?: number[]; leader?: number } = {},
): FoundTopic {
  const { name = plan.name, replicas = [1, 2, 3], isrs = replicas, leader = 1 } = overrides;
  return { name, partitions: Array.from({ length: partitions }, (_, id) => ({ id, leader, replicas, isrs })) };
}

describe('the plan', () => {
  test('has each topic of the wire contract, with its dead letters', () => {
    const days = (name: string) =>
      Number(
        plannedTopics({ partitions: 16, replicas: 3 }).find((one) => one.name === name)?.settings['retention.ms'],
      ) / 86_400_000;
    expect(plannedTopics({ partitions: 16, replicas: 3 }).map(({ name }) => [name, days(name)])).toEqual([
      ['detection-results', 7],
      ['detection-results-dlq', 30],
      ['assessment-tasks', 1],
      ['assessment-tasks-dlq', 30],
      ['risk-assessment-results', 30],
      ['risk-assessment-results-dlq', 30],
    ]);
  });

  test('lets one replica be away, where there are three', () => {
    const inSync = (replicas: number) => plannedTopics({ partitions: 1, replicas })[0]?.settings['min.insync.replicas'];
    expect([1, 2, 3].map(inSync)).toEqual(['1', '1', '2']);
  });
});

describe('a topic', () => {
  test('that is as planned is fine', () => {
    expect(checkTopic(plan, found(16))).toEqual({ plan, ok: true, remarks: [] });
  });

  test('that is missing is to be made', () => {
    const missing = { plan, ok: false, remarks: ['does not exist'], repair: { kind: 'create' } };
    expect(checkTopic(plan, undefined)).toEqual(missing);
    expect(checkTopic(plan, found(0))).toEqual(missing);
  });

  test('with too few partitions is to get more; one with too many is left, and said', () => {
    expect(checkTopic(plan, found(4))).toMatchObject({
      ok: false,
      remarks: ['4 partitions, fewer than 16'],
      repair: { kind: 'add-partitions', from: 4 },
    });
    const { ok, remarks, repair } = checkTopic(plan, found(20));
    expect({ ok, remarks, repair }).toEqual({
      ok: true,
      remarks: ['20 partitions, more than 16: that cannot be undone'],
      repair: undefined,
    });
  });

  test('that lacks replicas or leaders is not fine, and cannot be mended from here', () => {
    const few = checkTopic(plan, found(16, { replicas: [1] }));
    expect(few).toMatchObject({ ok: false, remarks: [expect.stringContaining('1 replicas, fewer than 3')] });
    expect(few.repair).toBeUndefined();
    expect(checkTopic(plan, found(16, { leader: -1 }))).toMatchObject({
      ok: false,
      remarks: ['16 partitions without a leader: brokers are down'],
    });
    expect(checkTopic(plan, found(16, { isrs: [1] }))).toMatchObject({
      ok: true,
      remarks: ['16 partitions have replicas that are behind'],
    });
  });
});

test('topics that are joined need the same partitions', () => {
  const names = ['a', 'b'];
  const topics = (first: number, second: number) => [
    found(first, { name: 'a' }),
    found(second, { name: 'b' }),
    found(3),
  ];
  expect(unequalPartitions(names, topics(16, 16))).toBeUndefined();
  expect(unequalPartitions(names, topics(16, 8))).toBe(
    'a and b are joined by key and need the same number of partitions; they have 16 and 8',
  );
});
