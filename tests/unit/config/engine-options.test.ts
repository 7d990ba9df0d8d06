import { expect, test } from 'vitest';
import { engineOptions } from '../../../src/config/engine-options.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { defaultPlan } from '../../../src/detect/run-plan.ts';

test('a CPU runs as many workers as it has cores, a frame at a time', () => {
  expect(defaultPlan('cpu', 2)).toEqual({ workers: 2, threadsPerWorker: 1, maxBatch: 1 });
  expect(defaultPlan('cpu', 64).workers).toBe(16);
});

test('a GPU runs few and large batches', () => {
  expect(defaultPlan('cuda', 8)).toEqual({ workers: 1, threadsPerWorker: 1, maxBatch: 8 });
});

test('what is configured wins, the rest is as it suits the provider', () => {
  const { planFor } = engineOptions(configSchema.parse({ detector: { maxBatch: 3 } }));
  expect(planFor('cpu')).toEqual({ ...defaultPlan('cpu'), maxBatch: 3 });
  expect(planFor('tensorrt')).toEqual({ ...defaultPlan('tensorrt'), maxBatch: 3 });
});
