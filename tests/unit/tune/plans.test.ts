import { expect, test } from 'vitest';
import { candidatePlans } from '../../../src/tune/candidate-plans.ts';
import { choosePlan, type PlanMeasurement } from '../../../src/tune/choose-plan.ts';

const shapes = (logical: number, physical: number) =>
  candidatePlans({ logical, physical }).map(({ workers, threadsPerWorker, maxBatch }) =>
    [workers, threadsPerWorker, maxBatch].join(' '),
  );

test('one core is measured with and without batches', () => {
  expect(shapes(1, 1)).toEqual(['1 1 1', '1 1 4']);
});

test('two cores: side by side, or both on one frame', () => {
  expect(shapes(2, 2)).toEqual(['2 1 1', '2 1 4', '1 2 1', '1 2 4']);
});

test('where cores have two threads, both numbers are measured', () => {
  expect(shapes(8, 4).filter((plan) => plan.endsWith(' 1'))).toEqual([
    '4 1 1',
    '2 2 1',
    '1 4 1',
    '8 1 1',
    '4 2 1',
    '1 8 1',
  ]);
});

function measured(workers: number, maxBatch: number, framesPerSecond: number, cpuMsPerFrame: number): PlanMeasurement {
  return { plan: { workers, threadsPerWorker: 1, maxBatch }, framesPerSecond, cpuMsPerFrame };
}

test('the fastest plan wins, however cheap slower ones are', () => {
  expect(choosePlan([measured(1, 1, 50, 10), measured(2, 1, 90, 14)])?.plan.workers).toBe(2);
});

test('of plans that are as fast, the cheaper one wins', () => {
  expect(choosePlan([measured(2, 4, 100, 20), measured(4, 1, 98, 12)])?.plan.workers).toBe(4);
});

test('where it makes no difference, results come soon and memory is saved', () => {
  expect(choosePlan([measured(2, 4, 100, 12), measured(4, 1, 101, 12.1), measured(2, 1, 99, 12.2)])?.plan).toEqual({
    workers: 2,
    threadsPerWorker: 1,
    maxBatch: 1,
  });
});

test('nothing measured, nothing chosen', () => {
  expect(choosePlan([])).toBeUndefined();
});
