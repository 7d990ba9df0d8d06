import { describe, expect, test } from 'vitest';
import { scoreWithin } from '../../../src/assess/score-within.ts';
import { compareLevels, highestOf, levelOf } from '../../../src/detect/risk-level.ts';

const thresholds = { low: 0.45, medium: 0.65, high: 0.8 };

describe('the level of a score', () => {
  test.each([
    [0, 'none'],
    [0.449, 'none'],
    [0.45, 'low'],
    [0.649, 'low'],
    [0.65, 'medium'],
    [0.799, 'medium'],
    [0.8, 'high'],
    [1, 'high'],
  ] as const)('%d is %s', (score, level) => {
    expect(levelOf(score, thresholds)).toBe(level);
  });
});

describe('a score that does not fit its level', () => {
  test.each([
    ['none', 0.95, 0.449],
    ['low', 0.1, 0.45],
    ['medium', 0.9, 0.799],
    ['high', 0.2, 0.8],
    ['high', 0.93, 0.93],
    ['none', 0.2, 0.2],
  ] as const)('%s with %d becomes %d', (level, score, expected) => {
    expect(scoreWithin(level, score, thresholds)).toBeCloseTo(expected, 10);
    expect(levelOf(scoreWithin(level, score, thresholds), thresholds)).toBe(level);
  });
});

test('levels are ordered', () => {
  expect(compareLevels('high', 'medium')).toBeGreaterThan(0);
  expect(compareLevels('none', 'low')).toBeLessThan(0);
  expect(compareLevels('low', 'low')).toBe(0);
  expect(highestOf(['low', 'high', 'medium'])).toBe('high');
  expect(highestOf([])).toBe('none');
});
