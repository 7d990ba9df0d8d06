import { Registry } from 'prom-client';
import { beforeEach, expect, test } from 'vitest';
import type { Assessment } from '../../../src/assess/assessment.ts';
import { RulesAssessor } from '../../../src/assess/rules-assessor.ts';
import { AssessmentMetrics } from '../../../src/metrics/assessment-metrics.ts';
import { membersOfLevel, task } from '../../support/assessment.ts';

let registry: Registry;
let metrics: AssessmentMetrics;
let running: number;

beforeEach(() => {
  registry = new Registry();
  running = 0;
  metrics = new AssessmentMetrics(registry, () => running);
});

async function values(name: string): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
}

const byRules = (level: keyof typeof membersOfLevel): Assessment =>
  new RulesAssessor('en').judge(task({}, membersOfLevel[level]), 'deadline');

test('what dashboards ask for is there before anything has happened', async () => {
  expect(await values('risk_alerts_total')).toEqual([
    'risk_alerts_total{risk_level="low"} 0',
    'risk_alerts_total{risk_level="medium"} 0',
    'risk_alerts_total{risk_level="high"} 0',
  ]);
  expect(await values('tasks_generated_total')).toEqual(['tasks_generated_total 0']);
  expect(await values('tasks_processed_total')).toEqual(['tasks_processed_total 0']);
});

test('tasks are counted as they come, wait and go', async () => {
  metrics.tasks(3);
  metrics.skipped('cooldown', 2);
  running = 2;
  metrics.assessed(byRules('none'), 100);
  expect(await values('tasks_generated_total')).toEqual(['tasks_generated_total 3']);
  expect(await values('tasks_skipped_total')).toEqual(['tasks_skipped_total{reason="cooldown"} 2']);
  expect(await values('task_queue_size')).toEqual(['task_queue_size 2']);
  expect(await values('tasks_processed_total')).toEqual(['tasks_processed_total 1']);
});

test('dangers are counted by level and by reason; none is none', async () => {
  for (const level of ['none', 'low', 'high'] as const) metrics.assessed(byRules(level), 100);
  expect(await values('risk_alerts_total')).toEqual([
    'risk_alerts_total{risk_level="low"} 1',
    'risk_alerts_total{risk_level="medium"} 0',
    'risk_alerts_total{risk_level="high"} 1',
  ]);
  expect(await values('risk_types_detected_total{risk_type="vulnerable_road_user"}')).toEqual([
    'risk_types_detected_total{risk_type="vulnerable_road_user"} 2',
  ]);
});

test('answers are counted by who gave them and why, with their age and the tokens that were saved', async () => {
  metrics.assessed(byRules('low'), 6000);
  const { fallbackReason: _, ...rest } = byRules('low');
  metrics.assessed({ ...rest, source: 'cache', tokensSaved: 1300 }, 90);
  expect(await values('risk_answers_total')).toEqual([
    'risk_answers_total{source="model"} 0',
    'risk_answers_total{source="cache"} 1',
    'risk_answers_total{source="rules"} 1',
  ]);
  expect(await values('risk_fallbacks_total')).toEqual(['risk_fallbacks_total{reason="deadline"} 1']);
  expect(await values('llm_cache_hits_total')).toEqual(['llm_cache_hits_total 1']);
  expect(await values('llm_tokens_saved_total')).toEqual(['llm_tokens_saved_total 1300']);
  expect(await values('risk_answer_seconds_bucket{le="0.1",source="cache"}')).toEqual([
    'risk_answer_seconds_bucket{le="0.1",source="cache"} 1',
  ]);
  expect(await values('risk_answer_seconds_sum{source="rules"}')).toEqual([
    'risk_answer_seconds_sum{source="rules"} 6',
  ]);
});
