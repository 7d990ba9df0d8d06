import { describe, expect, test } from 'vitest';
import { encounterOf, gapOf } from '../../../../src/assess/rules/ground.ts';
import type { RoadUser } from '../../../../src/assess/rules/road-user.ts';
import { closingSpeed, timeToCollision } from '../../../../src/assess/rules/time-to-collision.ts';
import { moving, standing } from '../../../support/scenes.ts';

function encounter(one: RoadUser, other: RoadUser) {
  const found = encounterOf(one, other);
  if (found === undefined) throw new Error('these two are road users');
  return found;
}

const car = (x: number, z = 0, velocity?: { x: number; z: number }) =>
  velocity === undefined ? standing('car', 'car', { x, z }) : moving('car', 'car', { x, z }, velocity);
const person = (x: number, z = 0, velocity?: { x: number; z: number }) =>
  velocity === undefined ? standing('person', 'person', { x, z }) : moving('person', 'person', { x, z }, velocity);
const still = { x: 0, z: 0 };

describe('the gap', () => {
  test('is from side to side: half a car is 2 m wide, half a person 0.3 m', () => {
    expect(gapOf(encounter(car(0), person(5)))).toBeCloseTo(2.7, 10);
    expect(gapOf(encounter(person(-5), car(0)))).toBeCloseTo(2.7, 10);
  });

  test('is 0 where they touch', () => {
    expect(gapOf(encounter(car(0), person(2.2)))).toBe(0);
  });

  test('counts depth: higher in the picture is farther away', () => {
    // 2.5 m of a car and 0.5 m of a person lie between their middles half each.
    expect(gapOf(encounter(car(0), person(0, 6)))).toBeCloseTo(4.5, 10);
    expect(gapOf(encounter(car(0), person(5, 6)))).toBeCloseTo(Math.hypot(2.7, 4.5), 10);
  });

  test('follows the size of the boxes: half as large is twice as far, in metres', () => {
    const shrunk = (user: RoadUser): RoadUser => {
      const [x1, y1, x2, y2] = user.bbox;
      return { ...user, bbox: [x1 / 2, y1 / 2, x2 / 2, y2 / 2] };
    };
    expect(gapOf(encounter(shrunk(car(0)), shrunk(person(5))))).toBeCloseTo(2.7, 10);
  });

  test('does not exist to what is no road user', () => {
    expect(encounterOf(car(0), { id: 1, class: 'stop sign', bbox: [0, 0, 10, 10] })).toBeUndefined();
    expect(encounterOf({ id: 1, class: 'toString', bbox: [0, 0, 10, 10] }, car(0))).toBeUndefined();
  });
});

describe('the time to a collision', () => {
  test('is the gap over the speed of approach', () => {
    const crossing = encounter(car(0, 0, { x: 5, z: 0 }), person(12.3, 0, still));
    expect(timeToCollision(crossing)).toBeCloseTo(2, 10);
    expect(closingSpeed(crossing)).toBeCloseTo(5, 10);
  });

  test('counts the motion of both', () => {
    expect(timeToCollision(encounter(car(0, 0, { x: 5, z: 0 }), car(34, 0, { x: -10, z: 0 })))).toBeCloseTo(2, 10);
  });

  test('does not exist where they pass each other', () => {
    expect(timeToCollision(encounter(car(0, 0, { x: 5, z: 0 }), person(12.3, 3, still)))).toBeUndefined();
    expect(timeToCollision(encounter(car(0, 0, { x: 5, z: 0 }), person(12.3, 1.2, still)))).toBeCloseTo(2, 10);
  });

  test('is when both axes meet, if they meet at the same time', () => {
    // Side to side after 2 s until 2.92 s; in depth after 2.5 s.
    const slanting = encounter(car(0, 0, { x: 5, z: 1 }), person(12.3, 4, still));
    expect(timeToCollision(slanting)).toBeCloseTo(2.5, 10);
  });

  test('does not exist where they part, stand, or nothing is known of one', () => {
    expect(timeToCollision(encounter(car(0, 0, { x: -5, z: 0 }), person(5, 0, still)))).toBeUndefined();
    expect(timeToCollision(encounter(car(0, 0, still), person(5, 0, still)))).toBeUndefined();
    expect(timeToCollision(encounter(car(0, 0, { x: 5, z: 0 }), person(5)))).toBeUndefined();
    expect(closingSpeed(encounter(car(0, 0, { x: -5, z: 0 }), person(5, 0, still)))).toBe(0);
  });

  test('is 0 where they touch and still approach each other', () => {
    expect(timeToCollision(encounter(car(0, 0, { x: 3, z: 0 }), person(2.2, 0, still)))).toBe(0);
    expect(timeToCollision(encounter(car(0, 0, { x: -3, z: 0 }), person(2.2, 0, still)))).toBeUndefined();
  });
});
