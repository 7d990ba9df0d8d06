import { describe, expect, test } from 'vitest';
import { judgeLocally } from '../../../../src/assess/rules/local-judgement.ts';
import type { RoadUser } from '../../../../src/assess/rules/road-user.ts';
import { moving, standing } from '../../../support/scenes.ts';

const thresholds = { low: 0.45, medium: 0.65, high: 0.8 };
const judge = (...members: RoadUser[]) => judgeLocally(members, thresholds);
const still = { x: 0, z: 0 };

describe('made scenes', () => {
  test('a person a metre beside a car, of whose motion nothing is known: worth a look', () => {
    // Closeness 0.5 * (3 - 1) / 2.5 = 0.4, a person among vehicles 0.1.
    const judgement = judge(standing(0, 'car', { x: 0, z: 0 }), standing(1, 'person', { x: 3.3, z: 0 }));
    expect(judgement).toEqual({
      score: expect.closeTo(1 - 0.6 * 0.9, 10),
      riskLevel: 'low',
      riskTypes: ['close_proximity', 'vulnerable_road_user'],
      triggerObjectIds: [0, 1],
      measured: { gapM: expect.closeTo(1, 10) },
    });
  });

  test('the same where both are known to stand: nothing', () => {
    const judgement = judge(moving(0, 'car', { x: 0, z: 0 }, still), moving(1, 'person', { x: 3.3, z: 0 }, still));
    expect(judgement.score).toBeCloseTo(1 - (1 - 0.2 * 0.8) * 0.9, 10);
    expect(judgement).toMatchObject({ riskLevel: 'none', riskTypes: [], triggerObjectIds: [] });
  });

  test('a car that will reach a person in two seconds: dangerous', () => {
    // Collision 0.85 * (4 - 2) / 2.5 = 0.68, closing 0.35 * (5 - 2) / 8 = 0.13125, among vehicles 0.1.
    const judgement = judge(
      moving(0, 'car', { x: 0, z: 0 }, { x: 5, z: 0 }),
      moving(1, 'person', { x: 12.3, z: 0 }, still),
    );
    expect(judgement).toEqual({
      score: expect.closeTo(1 - 0.32 * 0.86875 * 0.9, 10),
      riskLevel: 'medium',
      riskTypes: ['collision_course', 'closing_speed', 'vulnerable_road_user'],
      triggerObjectIds: [0, 1],
      measured: {
        gapM: expect.closeTo(10, 10),
        closingMps: expect.closeTo(5, 10),
        timeToCollisionS: expect.closeTo(2, 10),
      },
    });
  });

  test('a car that will reach a person in a second: urgent', () => {
    const judgement = judge(
      moving('c', 'car', { x: 0, z: 0 }, { x: 5, z: 0 }),
      moving('p', 'person', { x: 7.3, z: 0 }, still),
    );
    expect(judgement).toMatchObject({ riskLevel: 'high', triggerObjectIds: ['c', 'p'] });
    expect(judgement.measured.timeToCollisionS).toBeCloseTo(1, 10);
  });

  test('cars in a queue, however many and however close: nothing', () => {
    const queue = Array.from({ length: 12 }, (_, index) => standing(index, 'car', { x: index * 4, z: 0 }));
    expect(judge(...queue)).toMatchObject({ riskLevel: 'none', measured: { gapM: 0 } });
  });

  test('two cars on collision course are dangerous, but not as urgent as with somebody unprotected', () => {
    const approaching = (other: string, x: number) =>
      judge(moving(0, 'car', { x: 0, z: 0 }, { x: 8, z: 0 }), moving(1, other, { x, z: 0 }, still));
    expect(approaching('car', 12)).toMatchObject({ riskLevel: 'low', riskTypes: ['collision_course'] });
    expect(approaching('person', 10.3)).toMatchObject({ riskLevel: 'high' });
  });

  test('people among themselves, also on bicycles: nothing, however many', () => {
    const crowd = Array.from({ length: 20 }, (_, index) =>
      moving(index, index % 2 === 0 ? 'person' : 'bicycle', { x: index * 0.5, z: 0 }, { x: index % 3, z: 0 }),
    );
    expect(judge(...crowd)).toMatchObject({ score: 0, riskLevel: 'none', measured: {} });
  });

  test('a rider on a motorcycle is no danger to himself; one who is run down by it is', () => {
    const rider = judge(
      moving(0, 'motorcycle', { x: 0, z: 0 }, { x: 9, z: 0 }),
      moving(1, 'person', { x: 0.1, z: 0 }, { x: 9, z: 0 }),
    );
    expect(rider.score).toBe(0);
    const walker = judge(
      moving(0, 'motorcycle', { x: 0, z: 0 }, { x: 9, z: 0 }),
      moving(1, 'person', { x: 9, z: 0 }, still),
    );
    expect(walker.riskLevel).toBe('medium');
    expect(walker.riskTypes).toContain('collision_course');
  });

  test('who sits in a bus is not beside it', () => {
    const bus = standing(0, 'bus', { x: 0, z: 0 });
    const [x1, y1] = bus.bbox;
    const passenger: RoadUser = { id: 1, class: 'person', bbox: [x1 + 100, y1 + 60, x1 + 160, y1 + 230] };
    expect(judge(bus, passenger).riskLevel).toBe('none');
    const before: RoadUser = { id: 1, class: 'person', bbox: [x1 + 100, y1 + 140, x1 + 160, y1 + 310] };
    expect(judge(bus, before).riskLevel).toBe('low');
  });

  test('without motion, nothing is more than worth a look', () => {
    const packed = Array.from({ length: 30 }, (_, index) =>
      standing(index, index % 2 === 0 ? 'person' : 'truck', { x: index * 0.3, z: 0 }),
    );
    expect(judge(...packed)).toMatchObject({
      riskLevel: 'low',
      riskTypes: ['close_proximity', 'vulnerable_road_user', 'crowding'],
    });
  });

  test('only those are named who are part of the danger', () => {
    const judgement = judge(
      moving(0, 'car', { x: 0, z: 0 }, { x: 5, z: 0 }),
      moving(1, 'person', { x: 7.3, z: 0 }, still),
      moving(2, 'person', { x: 60, z: 0 }, still),
      standing(3, 'car', { x: 80, z: 0 }),
      { id: 4, class: 'traffic light', bbox: [0, 0, 20, 60] },
    );
    expect(judgement).toMatchObject({ riskLevel: 'high', triggerObjectIds: [0, 1] });
  });

  test('nobody, or nothing that is a road user: nothing', () => {
    const nothing = { score: 0, riskLevel: 'none', riskTypes: [], triggerObjectIds: [], measured: {} };
    expect(judge()).toEqual(nothing);
    expect(judge({ id: 0, class: 'dog', bbox: [0, 0, 9, 9] }, standing(1, 'car', { x: 0, z: 0 }))).toEqual(nothing);
  });
});

test('thresholds are those that are given', () => {
  const members = [standing(0, 'car', { x: 0, z: 0 }), standing(1, 'person', { x: 3.3, z: 0 })];
  expect(judgeLocally(members, { low: 0.1, medium: 0.2, high: 0.3 }).riskLevel).toBe('high');
  expect(judgeLocally(members, { low: 0.9, medium: 0.95, high: 0.99 }).riskLevel).toBe('none');
});
