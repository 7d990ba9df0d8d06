import type { Encounter, GroundVector } from './ground.ts';

/** Slower than this, an axis counts as still, in metres a second. */
const stillMps = 1e-6;

interface Interval {
  readonly from: number;
  readonly to: number;
}

/**
 * Seconds until two road users touch if both go on as they do (time to collision: Hayward, "Near-miss determination
 * through use of a scale of danger", 1972), by sweeping their rectangles on the ground: 0 where they touch and still
 * approach each other, nothing where they pass or part.
 */
export function timeToCollision(encounter: Encounter): number | undefined {
  const { offset, reach, velocity } = encounter;
  if (velocity === undefined || !approaches(offset, velocity)) return undefined;
  const across = overlapTimes(offset.x, reach.x, velocity.x);
  const along = overlapTimes(offset.z, reach.z, velocity.z);
  const entry = Math.max(across.from, along.from);
  const exit = Math.min(across.to, along.to);
  return entry <= exit && exit >= 0 ? Math.max(0, entry) : undefined;
}

/** Metres a second by which the gap shrinks; 0 where it does not. */
export function closingSpeed({ offset, velocity }: Encounter): number {
  if (velocity === undefined) return 0;
  const distance = Math.hypot(offset.x, offset.z);
  if (distance === 0) return Math.hypot(velocity.x, velocity.z);
  return Math.max(0, -(offset.x * velocity.x + offset.z * velocity.z) / distance);
}

function approaches(offset: GroundVector, velocity: GroundVector): boolean {
  if (offset.x === 0 && offset.z === 0) return velocity.x !== 0 || velocity.z !== 0;
  return offset.x * velocity.x + offset.z * velocity.z < 0;
}

/** When the two overlap on one axis. */
function overlapTimes(offset: number, reach: number, velocity: number): Interval {
  if (Math.abs(velocity) < stillMps) {
    return Math.abs(offset) <= reach
      ? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
      : { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  }
  const times = [(-reach - offset) / velocity, (reach - offset) / velocity];
  return { from: Math.min(...times), to: Math.max(...times) };
}
