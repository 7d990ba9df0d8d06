import { iou } from '../../detect/box.ts';
import type { BBox } from '../../native.ts';
import { footOf, groundSpeed } from './ground.ts';
import { factsOf, type Motion, type ObjectId } from './road-user.ts';

/** An object of one analysis, as far as it takes to find it again. */
export interface SeenObject {
  readonly class: string;
  readonly bbox: BBox;
  readonly trackId?: ObjectId;
}

interface RememberedObject extends SeenObject {
  readonly motion?: Motion;
}

interface Analysis {
  readonly atMs: number;
  readonly objects: readonly RememberedObject[];
}

interface Candidate {
  readonly earlier: number;
  readonly later: number;
  /** Distance from where it was expected, in diagonals of its box. */
  readonly cost: number;
  readonly overlaps: boolean;
}

/** Analyses farther apart say nothing of motion. */
const maxAgeMs = 5000;
/** Analyses closer together: a box's own trembling would be taken for motion. */
const minAgeMs = 200;
/** Farther from where it was expected, in diagonals of its box, it is another object. */
const maxCost = 1.5;
/** Where boxes don't overlap, the nearest must be this much nearer than the next. */
const clearlyNearer = 0.7;
const overlapIou = 0.25;
/** Greatest factor by which height or width of the same object's box differ from one analysis to the next. */
const maxGrowth = 1.7;
const maxCameras = 1024;

/**
 * How objects move, from two analyses of one camera: boxes of one class are the same object where they overlap, or are
 * near each other and no other is (a track id settles it). A wrong match would invent a speed, a missing one only
 * forgoes it: in doubt there is none. Keeps one analysis a camera.
 */
export class MotionMemory {
  readonly #cameras = new Map<string, Analysis>();

  /** The motions of the objects of an analysis at `atMs`, in their order; then it is the one that is remembered. */
  observe(cameraId: string, atMs: number, objects: readonly SeenObject[]): readonly (Motion | undefined)[] {
    const earlier = this.#cameras.get(cameraId);
    const ageMs = earlier === undefined ? undefined : atMs - earlier.atMs;
    if (ageMs !== undefined && ageMs >= 0 && ageMs < minAgeMs) return objects.map(() => undefined);
    const usable = ageMs !== undefined && ageMs > 0 && ageMs <= maxAgeMs;
    const motions = usable ? motionsSince(earlier?.objects ?? [], objects, ageMs / 1000) : objects.map(() => undefined);
    this.#remember(cameraId, {
      atMs,
      objects: objects.map((object, index) => {
        const motion = motions[index];
        return motion === undefined ? object : { ...object, motion };
      }),
    });
    return motions;
  }

  #remember(cameraId: string, analysis: Analysis): void {
    this.#cameras.delete(cameraId);
    this.#cameras.set(cameraId, analysis);
    if (this.#cameras.size <= maxCameras) return;
    const oldest = this.#cameras.keys().next();
    if (!oldest.done) this.#cameras.delete(oldest.value);
  }
}

function motionsSince(
  earlier: readonly RememberedObject[],
  later: readonly SeenObject[],
  seconds: number,
): (Motion | undefined)[] {
  const motions: (Motion | undefined)[] = later.map(() => undefined);
  for (const [from, to] of matches(earlier, later, seconds)) {
    const [before, now] = [earlier[from], later[to]];
    if (before !== undefined && now !== undefined) motions[to] = motionBetween(before, now, seconds);
  }
  return motions;
}

/** Nothing where nobody of this class is as fast. */
function motionBetween(before: RememberedObject, now: SeenObject, seconds: number): Motion | undefined {
  const [start, end] = [footOf(before.bbox), footOf(now.bbox)];
  const measured = { vx: (end.x - start.x) / seconds, vy: (end.y - start.y) / seconds };
  const facts = factsOf(now.class);
  if (facts === undefined || (groundSpeed({ ...now, motion: measured }, facts) ?? 0) > facts.maxSpeedMps) {
    return undefined;
  }
  return before.motion === undefined ? measured : smoothed(before.motion, measured);
}

/** Boxes tremble: half of what was measured before is kept. */
function smoothed(before: Motion, now: Motion): Motion {
  return { vx: (before.vx + now.vx) / 2, vy: (before.vy + now.vy) / 2 };
}

/** Positions of the same objects, earlier and later: first where boxes overlap, then among what is left. */
function matches(
  earlier: readonly RememberedObject[],
  later: readonly SeenObject[],
  seconds: number,
): (readonly [number, number])[] {
  const candidates = earlier
    .flatMap((before, from) => later.flatMap((now, to) => candidateOf(before, now, from, to, seconds) ?? []))
    .toSorted((one, other) => one.cost - other.cost);
  const sure = nearestFirst(candidates.filter(({ overlaps }) => overlaps));
  const left = candidates.filter((candidate) => !sure.some((taken) => isRival(taken, candidate)));
  const likely = nearestFirst(left).filter((candidate) => isUnrivalled(candidate, left));
  return [...sure, ...likely].map(({ earlier: from, later: to }) => [from, to] as const);
}

/** Each object once. */
function nearestFirst(candidates: readonly Candidate[]): Candidate[] {
  const takenEarlier = new Set<number>();
  const takenLater = new Set<number>();
  return candidates.filter(({ earlier, later }) => {
    if (takenEarlier.has(earlier) || takenLater.has(later)) return false;
    takenEarlier.add(earlier);
    takenLater.add(later);
    return true;
  });
}

function isUnrivalled(candidate: Candidate, candidates: readonly Candidate[]): boolean {
  return candidates.every(
    (rival) => rival === candidate || !isRival(rival, candidate) || candidate.cost <= rival.cost * clearlyNearer,
  );
}

/** Whether both claim the same object. */
function isRival(one: Candidate, other: Candidate): boolean {
  return one.earlier === other.earlier || one.later === other.later;
}

function candidateOf(
  before: RememberedObject,
  now: SeenObject,
  earlier: number,
  later: number,
  seconds: number,
): Candidate | undefined {
  if (before.class !== now.class) return undefined;
  if (before.trackId !== undefined && now.trackId !== undefined) {
    return before.trackId === now.trackId ? { earlier, later, cost: 0, overlaps: true } : undefined;
  }
  if (!isAlike(before.bbox, now.bbox)) return undefined;
  const expected = moved(before, seconds);
  const cost = footDistance(expected, now.bbox) / diagonalOf(now.bbox);
  if (cost > maxCost) return undefined;
  return { earlier, later, cost, overlaps: iou(expected, now.bbox) >= overlapIou };
}

function moved({ bbox: [x1, y1, x2, y2], motion }: RememberedObject, seconds: number): BBox {
  const dx = (motion?.vx ?? 0) * seconds;
  const dy = (motion?.vy ?? 0) * seconds;
  return [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
}

function isAlike(one: BBox, other: BBox): boolean {
  const within = (a: number, b: number) => Math.max(a, b) <= Math.min(a, b) * maxGrowth;
  return within(one[2] - one[0], other[2] - other[0]) && within(one[3] - one[1], other[3] - other[1]);
}

function footDistance(one: BBox, other: BBox): number {
  const [from, to] = [footOf(one), footOf(other)];
  return Math.hypot(to.x - from.x, to.y - from.y);
}

function diagonalOf([x1, y1, x2, y2]: BBox): number {
  return Math.max(1, Math.hypot(x2 - x1, y2 - y1));
}
