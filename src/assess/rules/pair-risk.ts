import {
  along,
  bodyPair,
  eitherOf,
  inside,
  moving,
  type PairWeights,
  riderPair,
  vulnerablePair,
} from './calibration.ts';
import { type Encounter, encounterOf, gapOf } from './ground.ts';
import { factsOf, isVulnerable, type RoadUser, type RoadUserKind } from './road-user.ts';
import { closingSpeed, timeToCollision } from './time-to-collision.ts';

/** What the rules think of two road users. */
export interface PairRisk {
  readonly members: readonly [RoadUser, RoadUser];
  /** By reason, 0..1. */
  readonly closeness: number;
  readonly closing: number;
  readonly collision: number;
  /** All reasons together, 0..1. */
  readonly score: number;
  readonly gapM: number;
  /** Metres a second; 0 where the gap does not shrink, or nothing is known of it. */
  readonly closingMps: number;
  readonly timeToCollisionS?: number;
}

/**
 * Nothing where the two are no danger to each other: neither is motorised, one sits in the other, or one is no road
 * user.
 */
export function pairRisk(one: RoadUser, other: RoadUser): PairRisk | undefined {
  if (isInside(one, other) || isInside(other, one)) return undefined;
  const weights = weightsOf(factsOf(one.class)?.kind, factsOf(other.class)?.kind);
  const encounter = weights && encounterOf(one, other);
  if (weights === undefined || encounter === undefined) return undefined;
  const gapM = gapOf(encounter);
  const closingMps = closingSpeed(encounter);
  const seconds = timeToCollision(encounter);
  const closeness = closenessWeight(weights, encounter) * along(gapM, weights.closeness);
  const closing = weights.closing.weight * along(closingMps, weights.closing);
  const collision = seconds === undefined || closingMps < weights.closing.none ? 0 : collisionRisk(weights, seconds);
  return {
    members: [one, other],
    closeness,
    closing,
    collision,
    score: eitherOf([closeness, closing, collision]),
    gapM,
    closingMps,
    ...(seconds === undefined ? {} : { timeToCollisionS: seconds }),
  };
}

/** Drivers and passengers: their boxes lie within their vehicle's, well above the road. */
function isInside(person: RoadUser, vehicle: RoadUser): boolean {
  if (person.class !== 'person' || factsOf(vehicle.class)?.kind !== 'body') return false;
  const [px1, py1, px2, py2] = person.bbox;
  const [vx1, vy1, vx2, vy2] = vehicle.bbox;
  const width = Math.min(px2, vx2) - Math.max(px1, vx1);
  const height = Math.min(py2, vy2) - Math.max(py1, vy1);
  if (width <= 0 || height <= 0) return false;
  const shareWithin = (width * height) / ((px2 - px1) * (py2 - py1));
  return shareWithin >= inside.share && vy2 - py2 >= inside.aboveRoad * (vy2 - vy1);
}

function collisionRisk({ collision }: PairWeights, seconds: number): number {
  return collision.weight * along(seconds, collision);
}

/** Beside a car that stands, close is harmless; beside one that moves, it is not. */
function closenessWeight({ closeness }: PairWeights, { speeds: [one, other] }: Encounter): number {
  if (one === undefined || other === undefined) return closeness.weight;
  const { weightStill, weightMoving } = closeness;
  return weightStill + (weightMoving - weightStill) * along(Math.max(one, other), moving);
}

function weightsOf(one: RoadUserKind | undefined, other: RoadUserKind | undefined): PairWeights | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one === 'body' || other === 'body') return isVulnerable(one) || isVulnerable(other) ? vulnerablePair : bodyPair;
  return one === 'rider' || other === 'rider' ? riderPair : undefined;
}
