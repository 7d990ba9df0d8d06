/** What must hold of the rules whatever is on the road. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeLocally } from '../../../../src/assess/rules/local-judgement.ts';
import type { RoadUser } from '../../../../src/assess/rules/road-user.ts';
import { moving, type Place, standing } from '../../../support/scenes.ts';

const thresholds = { low: 0.45, medium: 0.65, high: 0.8 };
const scoreOf = (members: readonly RoadUser[]) => judgeLocally(members, thresholds).score;
/** Sums of floating-point numbers may differ in their last bits. */
const rounding = 1e-9;

const metres = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
const place = fc.record({ x: metres(15), z: metres(15) });
const velocity = fc.record({ x: metres(15), z: metres(15) });
const body = fc.constantFrom('car', 'bus', 'truck');
const vulnerable = fc.constantFrom('person', 'bicycle', 'motorcycle');
const anybody = fc.oneof(body, vulnerable);

function roadUser(className: fc.Arbitrary<string>): fc.Arbitrary<RoadUser> {
  return fc
    .record({ name: className, place, velocity: fc.option(velocity, { nil: undefined }) })
    .map(({ name, place: at, velocity: speed }) =>
      speed === undefined ? standing(0, name, at) : moving(0, name, at, speed),
    );
}

const group = fc.array(roadUser(anybody), { maxLength: 8 }).map(numbered);

function numbered(members: readonly RoadUser[]): RoadUser[] {
  return members.map((member, id) => ({ ...member, id }));
}

test('a score is from 0 to 1, whoever is there', () => {
  fc.assert(
    fc.property(group, (members) => {
      const score = scoreOf(members);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }),
  );
});

test('it does not matter in which order they stand', () => {
  fc.assert(
    fc.property(group, (members) => {
      expect(scoreOf(members.toReversed())).toBeCloseTo(scoreOf(members), 9);
    }),
  );
});

test('one more vulnerable road user never lowers the score', () => {
  fc.assert(
    fc.property(group, roadUser(vulnerable), (members, newcomer) => {
      expect(scoreOf(numbered([...members, newcomer]))).toBeGreaterThanOrEqual(scoreOf(members) - rounding);
    }),
  );
});

test('one more vehicle never lowers it, either', () => {
  fc.assert(
    fc.property(group, roadUser(body), (members, newcomer) => {
      expect(scoreOf(numbered([...members, newcomer]))).toBeGreaterThanOrEqual(scoreOf(members) - rounding);
    }),
  );
});

test('where somebody unprotected takes a vehicle’s place before another one, the score does not fall', () => {
  const beside = fc.record({ x: fc.double({ min: 0, max: 15, noNaN: true }), z: fc.constant(0) });
  fc.assert(
    fc.property(body, vulnerable, beside, fc.option(velocity, { nil: undefined }), (vehicle, other, at, speed) => {
      const first = (name: string) =>
        speed === undefined ? standing(0, name, { x: 0, z: 0 }) : moving(0, name, { x: 0, z: 0 }, speed);
      // Both begin at the same distance from the vehicle's side.
      const edge = (name: string): Place => ({ x: at.x + widthOf(vehicle) / 2 + widthOf(name) / 2, z: at.z });
      const second = (name: string) =>
        speed === undefined ? standing(1, name, edge(name)) : moving(1, name, edge(name), { x: 0, z: 0 });
      expect(scoreOf([first(vehicle), second(other)])).toBeGreaterThanOrEqual(
        scoreOf([first(vehicle), second('car')]) - rounding,
      );
    }),
  );
});

test('closer never lowers the score: beside or before a vehicle, at the same speeds', () => {
  const share = fc.double({ min: 0.01, max: 1, noNaN: true });
  const before = fc.record({ x: metres(15), z: fc.double({ min: -15, max: 0, noNaN: true }) });
  fc.assert(
    fc.property(
      anybody,
      body,
      before,
      fc.option(velocity, { nil: undefined }),
      share,
      (one, other, at, speed, nearer) => {
        const pair = (factor: number) => {
          const offset = { x: at.x * factor, z: at.z * factor };
          return speed === undefined
            ? [standing(0, other, { x: 0, z: 0 }), standing(1, one, offset)]
            : [moving(0, other, { x: 0, z: 0 }, { x: 0, z: 0 }), moving(1, one, offset, speed)];
        };
        expect(scoreOf(pair(nearer))).toBeGreaterThanOrEqual(scoreOf(pair(1)) - rounding);
      },
    ),
    { numRuns: 500 },
  );
});

test('reasons and members are named exactly where there is a level', () => {
  fc.assert(
    fc.property(group, (members) => {
      const { riskLevel, riskTypes, triggerObjectIds } = judgeLocally(members, thresholds);
      expect(riskTypes.length > 0).toBe(riskLevel !== 'none');
      expect(triggerObjectIds.length > 0).toBe(riskLevel !== 'none');
      expect(new Set(triggerObjectIds).size).toBe(triggerObjectIds.length);
    }),
  );
});

function widthOf(className: string): number {
  const [x1, , x2] = standing(0, className, { x: 0, z: 0 }).bbox;
  return (x2 - x1) / 100;
}
