/**
 * From boxes to the ground, without a calibrated camera: each class has a usual height, so a box says how many metres a
 * pixel stands for where its object is; and what is higher in the picture is farther away. Good enough for "a metre or
 * five?", not for surveying; docs/risk-rules.md has the errors.
 */
import type { BBox } from '../../native.ts';
import { type ClassFacts, factsOf, type RoadUser } from './road-user.ts';

/**
 * Metres of depth for a metre upwards in the picture: 1 / sin of how far the camera looks down. 3 is 19.5°, that of a
 * camera 7 m up that looks at the road 20 m away.
 */
const depthPerHeight = 3;

/** Smaller boxes are taken to be this high: their scale is noise. */
const minHeightPx = 4;

/** x to the right, z away from the camera. */
export interface GroundVector {
  readonly x: number;
  readonly z: number;
}

/** How the second of two road users stands to the first, in metres and metres a second. */
export interface Encounter {
  /** From middle to middle. */
  readonly offset: GroundVector;
  /** Half of the extents of both together: they touch where the offset is not greater on either axis. */
  readonly reach: GroundVector;
  /** Of the second relative to the first, where both motions are known. */
  readonly velocity?: GroundVector;
  /** Speeds over ground, where known. */
  readonly speeds: readonly [number | undefined, number | undefined];
}

/** Nothing where one of them is no road user. */
export function encounterOf(one: RoadUser, other: RoadUser): Encounter | undefined {
  const factsOne = factsOf(one.class);
  const factsOther = factsOf(other.class);
  if (factsOne === undefined || factsOther === undefined) return undefined;
  const metresPerPx = (scaleOf(one.bbox, factsOne) + scaleOf(other.bbox, factsOther)) / 2;
  const speeds = [groundSpeed(one, factsOne), groundSpeed(other, factsOther)] as const;
  const [from, to] = [footOf(one.bbox), footOf(other.bbox)];
  return {
    offset: onGround(to.x - from.x, to.y - from.y, metresPerPx),
    reach: {
      x: ((widthOf(one.bbox) + widthOf(other.bbox)) / 2) * metresPerPx,
      z: (factsOne.depthM + factsOther.depthM) / 2,
    },
    ...relativeVelocity(one, other, metresPerPx),
    speeds,
  };
}

/** Metres between the two; 0 where they touch. */
export function gapOf({ offset, reach }: Encounter): number {
  return Math.hypot(Math.max(0, Math.abs(offset.x) - reach.x), Math.max(0, Math.abs(offset.z) - reach.z));
}

/** A road user's speed over ground in metres a second, where its motion is known. */
export function groundSpeed(
  { bbox, motion }: Pick<RoadUser, 'bbox' | 'motion'>,
  facts: ClassFacts,
): number | undefined {
  if (motion === undefined) return undefined;
  const { x, z } = onGround(motion.vx, motion.vy, scaleOf(bbox, facts));
  return Math.hypot(x, z);
}

function relativeVelocity(one: RoadUser, other: RoadUser, metresPerPx: number): Pick<Encounter, 'velocity'> {
  if (one.motion === undefined || other.motion === undefined) return {};
  return { velocity: onGround(other.motion.vx - one.motion.vx, other.motion.vy - one.motion.vy, metresPerPx) };
}

function onGround(xPx: number, yPx: number, metresPerPx: number): GroundVector {
  return { x: xPx * metresPerPx, z: -yPx * metresPerPx * depthPerHeight };
}

function scaleOf([, y1, , y2]: BBox, { heightM }: ClassFacts): number {
  return heightM / Math.max(minHeightPx, y2 - y1);
}

function widthOf([x1, , x2]: BBox): number {
  return x2 - x1;
}

/** Where a box stands on the ground. */
export function footOf([x1, , x2, y2]: BBox): { readonly x: number; readonly y: number } {
  return { x: (x1 + x2) / 2, y: y2 };
}
