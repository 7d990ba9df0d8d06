import { expect, test } from 'vitest';
import { DemoSummary, quantile } from '../../../src/cli/demo-summary.ts';
import type { DetectionEvent } from '../../../src/native.ts';

function analysed(totalMs: number): DetectionEvent {
  return {
    type: 'detection',
    cameraId: '1',
    capturedAtMs: 0,
    imageWidth: 10,
    imageHeight: 10,
    objects: [
      { classId: 0, confidence: 0.9, bbox: [0, 0, 1, 1] },
      { classId: 0, confidence: 0.9, bbox: [0, 0, 1, 1] },
    ],
    groups: [{ members: [0, 1], bbox: [0, 0, 1, 1], meanConfidence: 0.9 }],
    timings: { totalMs, decodeMs: 0, queueMs: 0, letterboxMs: 0, inferenceMs: 0, resultQueueMs: 0, postprocessMs: 0 },
  };
}

test('a quantile is the nearest value that the share does not exceed', () => {
  const sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(quantile(sorted, 0.5)).toBe(5);
  expect(quantile(sorted, 0.95)).toBe(10);
  expect(quantile([7], 0.95)).toBe(7);
  expect(quantile([], 0.5)).toBe(0);
});

test('a report adds up what was analysed', () => {
  const summary = new DemoSummary(6);
  for (const latencyMs of [30, 10, 20]) summary.add(analysed(latencyMs));
  const report = summary.report();
  expect(report).toMatchObject({ cameras: 6, analysed: 3, objects: 6, groups: 3, latency_ms: { p50: 20, p95: 30 } });
  expect(report.cpu_ms_per_analysis).toBeGreaterThanOrEqual(0);
});

test('a report of nothing has no infinities', () => {
  expect(new DemoSummary(1).report()).toMatchObject({
    analysed: 0,
    latency_ms: { p50: 0, p95: 0 },
    cpu_ms_per_analysis: 0,
  });
});
