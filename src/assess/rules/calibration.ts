/**
 * Every number by which the rules judge, in one place. docs/risk-rules.md says where each comes from and what the rules
 * make of real footage with them. A weight is the score that a reason alone gives at its worst; reasons add up as
 * independent chances do.
 */

/** From where a value counts to where it counts in full. */
export interface Ramp {
  readonly none: number;
  readonly full: number;
}

export interface PairWeights {
  /** Gap in metres; what it weighs while nothing is known of motion. Parked cars stand beside people all day. */
  readonly closeness: Ramp & { readonly weight: number; readonly weightStill: number; readonly weightMoving: number };
  /** Metres a second by which the gap shrinks. */
  readonly closing: Ramp & { readonly weight: number };
  /** Seconds to a collision if both go on as they do. */
  readonly collision: Ramp & { readonly weight: number };
}

/** Somebody unprotected or on a motorcycle, and a car, bus or truck. */
export const vulnerablePair: PairWeights = {
  closeness: { none: 3, full: 0.5, weight: 0.5, weightStill: 0.2, weightMoving: 0.62 },
  closing: { none: 2, full: 10, weight: 0.35 },
  collision: { none: 4, full: 1.5, weight: 0.85 },
};

/** Two of car, bus and truck. */
export const bodyPair: PairWeights = {
  closeness: { none: 1, full: 0.2, weight: 0.2, weightStill: 0.1, weightMoving: 0.3 },
  closing: { none: 3, full: 15, weight: 0.2 },
  collision: { none: 3, full: 1, weight: 0.6 },
};

/** A motorcycle and somebody who is no driver of a car: close is what a rider is to his machine, so only motion counts. */
export const riderPair: PairWeights = {
  closeness: { none: 1, full: 0.2, weight: 0, weightStill: 0, weightMoving: 0 },
  closing: { none: 3, full: 10, weight: 0.2 },
  collision: { none: 3, full: 1, weight: 0.6 },
};

/** Speed of the faster of the two, in metres a second: from standing to moving in traffic. */
export const moving: Ramp = { none: 0.5, full: 3 };

/** Vulnerable road users among cars, buses and trucks: for the first of each, and for each further one. */
export const presence = { weight: 0.1, eachVulnerable: 0.04, eachBody: 0.03, most: 0.2 } as const;

/** Many in little space, once one of them is motorised. */
export const crowding = { from: 6, weight: 0.05, each: 0.02, most: 0.12 } as const;

/** Who sits in a vehicle: the share of the box that lies in the vehicle's, and its height above the road as a share of it. */
export const inside = { share: 0.9, aboveRoad: 0.15 } as const;

/** A reason that gives less alone is not named. */
export const namedFrom = 0.1;

/** Who is part of a danger: members of pairs whose own score is at least this share of the worst pair's. */
export const triggerShare = 0.5;

/** 0 before the ramp, 1 behind it, straight in between; a ramp may rise or fall. */
export function along(value: number, { none, full }: Ramp): number {
  return Math.max(0, Math.min(1, (value - none) / (full - none)));
}

/** The chance that at least one of independent chances comes about. */
export function eitherOf(chances: readonly number[]): number {
  return 1 - chances.reduce((neither, chance) => neither * (1 - chance), 1);
}
