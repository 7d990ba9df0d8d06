import { expect, test } from 'vitest';
import { alertLevel } from '../../../src/alert/alert-level.ts';
import { areKindred } from '../../../src/alert/kindred.ts';
import { overlap } from '../../../src/detect/box.ts';
import { thresholds } from '../../support/alerts.ts';

test.each([
  ['high', 0.8, 'high'],
  ['high', 0.799, 'medium'],
  ['high', 0.65, 'medium'],
  ['high', 0.649, 'low'],
  ['high', 0.45, 'low'],
  ['high', 0.449, 'none'],
  ['low', 0.99, 'low'],
  ['medium', 0.9, 'medium'],
  ['none', 1, 'none'],
] as const)('a risk that is said to be %s with confidence %f makes an alert of %s', (riskLevel, confidence, level) => {
  expect(alertLevel({ riskLevel, confidence }, thresholds)).toBe(level);
});

test.each([
  [['close_proximity'], ['close_proximity', 'crowding'], true],
  [['tailgating'], ['车距过近'], true],
  [['pedestrian_on_roadway'], ['Vulnerable road user'], true],
  [['collision_course'], ['closing_speed'], true],
  [['red_light_running'], ['crowding'], false],
  [['road_obstacle'], ['wrong_way'], false],
  [['unheard of'], ['Unheard_Of'], true],
  [['unheard of'], ['close_proximity'], false],
  [[], ['wrong_way'], true],
  [['other'], ['wrong_way'], true],
])('%j and %j: the same danger %s', (one, other, same) => {
  expect(areKindred(one, other)).toBe(same);
  expect(areKindred(other, one)).toBe(same);
});

test('overlap is the share of the smaller box', () => {
  expect(overlap([0, 0, 10, 10], [0, 0, 100, 100])).toBe(1);
  expect(overlap([0, 0, 10, 10], [5, 0, 15, 10])).toBe(0.5);
  expect(overlap([0, 0, 10, 10], [10, 0, 20, 10])).toBe(0);
  expect(overlap([5, 5, 5, 5], [0, 0, 10, 10])).toBe(0);
});
