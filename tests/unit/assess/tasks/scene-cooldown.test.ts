import { beforeEach, expect, test } from 'vitest';
import { SceneCooldown, type SceneGroup } from '../../../../src/assess/tasks/scene-cooldown.ts';

let cooldown: SceneCooldown;

beforeEach(() => {
  cooldown = new SceneCooldown(3000);
});

const cars: SceneGroup = { classes: ['car'], bbox: [0, 0, 200, 100], riskLevel: 'low' };
const walkers: SceneGroup = { classes: ['person', 'car'], bbox: [400, 0, 600, 100], riskLevel: 'none' };

test('the same scene is assessed again when the cooldown is over, not before', () => {
  expect(cooldown.pass('gate', 0, [cars, walkers])).toBe(true);
  expect(cooldown.pass('gate', 2999, [cars, walkers])).toBe(false);
  expect(cooldown.pass('gate', 3000, [cars, walkers])).toBe(true);
  expect(cooldown.pass('gate', 5999, [cars, walkers])).toBe(false);
});

test('traffic that flows on in the same place, and a group that has gone, are the same scene', () => {
  cooldown.pass('gate', 0, [cars, walkers]);
  expect(cooldown.pass('gate', 1000, [{ ...cars, bbox: [80, 0, 280, 100] }])).toBe(false);
  expect(cooldown.pass('gate', 1000, [{ ...walkers, classes: ['car', 'person'] }])).toBe(false);
});

test('what has become more dangerous does not wait; what has become less does', () => {
  cooldown.pass('gate', 0, [cars]);
  expect(cooldown.pass('gate', 500, [{ ...cars, riskLevel: 'none' }])).toBe(false);
  expect(cooldown.pass('gate', 1000, [{ ...cars, riskLevel: 'high' }])).toBe(true);
  expect(cooldown.pass('gate', 1500, [{ ...cars, riskLevel: 'high' }])).toBe(false);
});

test('something new does not wait: other classes, or another place', () => {
  cooldown.pass('gate', 0, [cars]);
  expect(cooldown.pass('gate', 500, [{ ...cars, classes: ['car', 'person'] }])).toBe(true);
  expect(cooldown.pass('gate', 600, [{ ...cars, bbox: [300, 0, 500, 100] }])).toBe(true);
});

test('cameras have nothing to do with each other', () => {
  cooldown.pass('gate', 0, [cars]);
  expect(cooldown.pass('yard', 0, [cars])).toBe(true);
});
