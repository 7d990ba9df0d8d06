import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartitionProgress, type Taken } from '../../../../src/bus/kafka/partition-progress.ts';

function progress(): PartitionProgress {
  return new PartitionProgress('detection-results', 3);
}

/** Takes a message of a partition that is not revoked. */
function take(partition: PartitionProgress, offset: number): Taken {
  const taken = partition.take(offset);
  if (taken === undefined) throw new Error('revoked');
  partition.begin();
  return taken;
}

test('nothing is to be committed of a partition of which nothing was taken', () => {
  expect(progress().position).toBeUndefined();
});

test('the first message that is not handled is where it goes on, whatever is handled behind it', () => {
  const partition = progress();
  const [first, second, third] = [take(partition, 10), take(partition, 12), take(partition, 13)];
  expect(partition.position).toBe(10);
  partition.end(second, true);
  expect(partition.position).toBe(10);
  partition.end(first, true);
  expect(partition.position).toBe(13);
  partition.end(third, true);
  expect(partition.position).toBe(14);
});

test('what was left stays where it goes on', () => {
  const partition = progress();
  const [first, second] = [take(partition, 0), take(partition, 1)];
  partition.end(first, false);
  partition.end(second, true);
  expect(partition.position).toBe(0);
});

test('in any order of taking and ending, exactly up to the first that is not handled', () => {
  // An action is the gap before the next message that is taken, or which of those under way ends, handled or not.
  const actions = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('take' as const), gap: fc.nat(3) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(), isHandled: fc.boolean() }),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(actions, fc.nat(1000), (steps, start) => {
      const partition = progress();
      let next = start;
      let position: number | undefined;
      const underWay: Taken[] = [];
      const unhandled = new Set<number>();
      for (const step of steps) {
        if (step.kind === 'take') {
          underWay.push(take(partition, next + step.gap));
          unhandled.add(next + step.gap);
          next += step.gap + 1;
        } else if (underWay.length > 0) {
          const [ended] = underWay.splice(step.which % underWay.length, 1) as [Taken];
          partition.end(ended, step.isHandled);
          if (step.isHandled) unhandled.delete(ended.offset);
        }
        if (next > start) position = unhandled.size > 0 ? Math.min(...unhandled) : next;
        expect(partition.position).toBe(position);
      }
    }),
  );
});

test('offsets that go back begin anew: what was before does not count there', () => {
  const partition = progress();
  const old = take(partition, 500);
  const first = take(partition, 0);
  const second = take(partition, 1);
  partition.end(old, true);
  expect(partition.position).toBe(0);
  partition.end(first, true);
  partition.end(second, true);
  expect(partition.position).toBe(2);
});

describe('a partition that is given away', () => {
  test('takes and begins nothing more', async () => {
    const partition = progress();
    partition.take(0);
    await partition.revoke();
    expect(partition.take(1)).toBeUndefined();
    expect(partition.begin()).toBe(false);
    expect(partition.position).toBe(0);
  });

  test('is still when what was begun has ended, however it ended', async () => {
    const partition = progress();
    const [first, second] = [take(partition, 0), take(partition, 1)];
    let isStill = false;
    const still = partition.revoke().then(() => {
      isStill = true;
    });
    partition.end(first, true);
    await Promise.resolve();
    expect(isStill).toBe(false);
    partition.end(second, false);
    await still;
    expect(partition.position).toBe(1);
  });
});
