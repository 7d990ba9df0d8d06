/** What the rules know of the classes that they judge, and of one road user in one analysis. */
import type { BBox } from '../../native.ts';

/** An object's id within its group: its track, or its position among the objects of its detection. */
export type ObjectId = number | string;

/** How the middle of a box's lower edge moves, in pixels of the source picture a second. */
export interface Motion {
  readonly vx: number;
  readonly vy: number;
}

export interface RoadUser {
  readonly id: ObjectId;
  readonly class: string;
  readonly bbox: BBox;
  /** Absent where no earlier analysis showed the same object. */
  readonly motion?: Motion;
}

/** `body`: protects who is inside. `rider`: motorised, but protects nobody. `unprotected`: neither. */
export type RoadUserKind = 'body' | 'rider' | 'unprotected';

export interface ClassFacts {
  readonly kind: RoadUserKind;
  /** Usual height: what turns a box's height into metres. */
  readonly heightM: number;
  /** Usual extent in depth, away from the camera. */
  readonly depthM: number;
  /** Faster than this over ground, it is not one object: two were taken for one. */
  readonly maxSpeedMps: number;
}

/**
 * Heights: adults about 1.6 to 1.75 m over the world (NCD-RisC, "A century of trends in adult human height", eLife
 * 2016); cars 1.4 to 1.7 m; city buses and lorries 2.9 to 4 m; bicycles and motorcycles without their riders, whom a
 * detector reports as persons of their own.
 */
const factsByClass: Readonly<Record<string, ClassFacts>> = {
  person: { kind: 'unprotected', heightM: 1.7, depthM: 0.5, maxSpeedMps: 4 },
  bicycle: { kind: 'unprotected', heightM: 1.1, depthM: 1, maxSpeedMps: 9 },
  motorcycle: { kind: 'rider', heightM: 1.2, depthM: 1.2, maxSpeedMps: 30 },
  car: { kind: 'body', heightM: 1.5, depthM: 2.5, maxSpeedMps: 30 },
  bus: { kind: 'body', heightM: 3.1, depthM: 4, maxSpeedMps: 20 },
  truck: { kind: 'body', heightM: 3.1, depthM: 4, maxSpeedMps: 25 },
};

/** Nothing for what is no road user: traffic lights, signs, and classes that a site adds. */
export function factsOf(className: string): ClassFacts | undefined {
  return Object.hasOwn(factsByClass, className) ? factsByClass[className] : undefined;
}

/** Whether somebody of this kind is hurt first in a collision. */
export function isVulnerable(kind: RoadUserKind): boolean {
  return kind !== 'body';
}
