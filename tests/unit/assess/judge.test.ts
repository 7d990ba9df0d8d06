import { describe, expect, test } from 'vitest';
import { judgeOf } from '../../../src/assess/judge.ts';
import { type AnswerCounts, RecentAnswers } from '../../../src/assess/recent-answers.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { keyState } from '../../support/assessment.ts';

const nothing: AnswerCounts = { model: 0, cache: 0, rules: 0, rulesBecause: {}, models: [] };
const byRules = (rulesBecause: AnswerCounts['rulesBecause']): AnswerCounts => ({
  ...nothing,
  rules: Object.values(rulesBecause).reduce((sum, count) => sum + count, 0),
  rulesBecause,
});

describe('who judges', () => {
  test('without a key: rules', () => {
    expect(judgeOf([], nothing)).toEqual({ by: 'rules', why: 'no-key' });
    expect(judgeOf([keyState({ condition: 'draining' })], nothing)).toEqual({ by: 'rules', why: 'no-key' });
  });

  test('with keys: the models of those that take calls', () => {
    const keys = [
      keyState({ condition: 'busy' }),
      keyState({ model: 'qwen-vl-max' }),
      keyState({ condition: 'paced' }),
      keyState({ condition: 'quarantined', model: 'other' }),
    ];
    expect(judgeOf(keys, nothing)).toEqual({ by: 'model', models: ['qwen-vl-plus', 'qwen-vl-max'] });
  });

  test('of several models those that have answered of late', () => {
    const keys = [keyState({ model: 'a' }), keyState({ model: 'b' }), keyState({ model: 'c', condition: 'cooling' })];
    const recent = { ...nothing, model: 9, models: ['b', 'c'] };
    expect(judgeOf(keys, recent)).toEqual({ by: 'model', models: ['b'] });
  });

  test('while all keys rest: rules, until the first is tried again', () => {
    const keys = [
      keyState({ condition: 'quarantined', untilMs: 9000 }),
      keyState({ condition: 'endpoint-down', untilMs: 5000 }),
    ];
    expect(judgeOf(keys, { ...nothing, model: 3 })).toEqual({ by: 'rules', why: 'keys-rest', untilMs: 5000 });
    expect(judgeOf([...keys, keyState({ condition: 'on-trial' })], nothing)).toEqual({ by: 'rules', why: 'keys-rest' });
  });

  test('where no answer of the last minute is the model’s: rules, mostly for that reason', () => {
    expect(judgeOf([keyState()], byRules({ 'queue-full': 1, deadline: 4 }))).toEqual({
      by: 'rules',
      why: 'unanswered',
      reason: 'deadline',
    });
  });

  test('where a key has just come, and nothing was asked with it yet: the model', () => {
    expect(judgeOf([keyState()], byRules({ 'no-key': 40, 'no-picture': 2 }))).toMatchObject({ by: 'model' });
    expect(judgeOf([keyState()], byRules({ 'no-key': 40, failed: 1 }))).toMatchObject({
      by: 'rules',
      reason: 'failed',
    });
  });

  test('where some are, also by an earlier answer or below the floor: the model', () => {
    for (const recent of [
      { ...byRules({ deadline: 40 }), model: 1 },
      { ...byRules({ deadline: 40 }), cache: 1 },
      byRules({ deadline: 40, floor: 1 }),
    ]) {
      expect(judgeOf([keyState()], recent)).toMatchObject({ by: 'model' });
    }
  });
});

describe('the answers of the last minute', () => {
  test('are counted by who gave them, and why it was rules', () => {
    const recent = new RecentAnswers(new ManualClock());
    for (const source of ['model', 'cache', 'model'] as const)
      recent.count({ source, model: source === 'cache' ? 'b' : 'a' });
    for (const fallbackReason of ['deadline', 'floor', 'deadline'] as const) {
      recent.count({ source: 'rules', fallbackReason, model: 'below-the-floor' });
    }
    expect(recent.read()).toEqual({
      model: 2,
      cache: 1,
      rules: 3,
      rulesBecause: { deadline: 2, floor: 1 },
      models: ['a', 'b'],
    });
  });

  test('are forgotten after a minute', () => {
    const clock = new ManualClock();
    const recent = new RecentAnswers(clock);
    recent.count({ source: 'model', model: 'a' });
    clock.advance(30_000);
    recent.count({ source: 'cache', model: 'b' });
    clock.advance(29_999);
    expect(recent.read()).toMatchObject({ model: 1, cache: 1 });
    clock.advance(1);
    expect(recent.read()).toMatchObject({ model: 0, cache: 1, models: ['b'] });
    clock.advance(30_000);
    expect(recent.read()).toEqual(nothing);
  });
});
