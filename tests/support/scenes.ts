/** Made scenes, in metres: at this scale a person is 170 px high, a car 150 px, and a pixel is a centimetre. */

import type { Motion, ObjectId, RoadUser } from '../../src/assess/rules/road-user.ts';
import type { BBox } from '../../src/native.ts';

export const pxPerMetre = 100;
/** Metres of depth for one upwards in the picture, as the rules assume. */
const depthPerHeight = 3;

const sizesM: Readonly<Record<string, readonly [width: number, height: number]>> = {
  person: [0.6, 1.7],
  bicycle: [1.6, 1.1],
  motorcycle: [1.8, 1.2],
  car: [4, 1.5],
  bus: [10, 3.1],
  truck: [8, 3.1],
};

/** Metres on the ground, from the middle of the picture; z away from the camera. */
export interface Place {
  readonly x: number;
  readonly z: number;
}

/** A road user that stands at a place. */
export function standing(id: ObjectId, className: string, place: Place): RoadUser {
  return { id, class: className, bbox: boxAt(className, place) };
}

/** One that moves so many metres a second; `{ x: 0, z: 0 }` stands and is known to. */
export function moving(id: ObjectId, className: string, place: Place, velocity: Place): RoadUser {
  return { ...standing(id, className, place), motion: motionOf(velocity) };
}

export function motionOf({ x, z }: Place): Motion {
  return { vx: x * pxPerMetre, vy: (-z * pxPerMetre) / depthPerHeight };
}

/** Where somebody stands in the picture, whose middle is at (1000, 500). */
export function boxAt(className: string, { x, z }: Place): BBox {
  const [widthM, heightM] = sizesM[className] ?? [1, 1];
  const footX = 1000 + x * pxPerMetre;
  const footY = 500 - (z * pxPerMetre) / depthPerHeight;
  const halfWidth = (widthM * pxPerMetre) / 2;
  return [footX - halfWidth, footY - heightM * pxPerMetre, footX + halfWidth, footY];
}
