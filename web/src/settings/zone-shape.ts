/** Polygons on a picture, changed by hand: corners are 0 to 1 from its left and its top edge. */

export type Corner = readonly [x: number, y: number];

export interface Zone {
  readonly name: string;
  readonly kind: 'include' | 'ignore';
  readonly points: readonly Corner[];
}

export const fewestCorners = 3;
export const mostCorners = 32;
export const mostZones = 16;

/** Finer than any picture's pixels. */
const steps = 10_000;

/** A rectangle in the middle, for the operator to pull into shape. */
export function newZone(name: string): Zone {
  return {
    name,
    kind: 'include',
    points: [
      [0.3, 0.3],
      [0.7, 0.3],
      [0.7, 0.7],
      [0.3, 0.7],
    ],
  };
}

/** On the picture, in steps that a file can hold. */
export function onPicture([x, y]: Corner): Corner {
  const kept = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * steps) / steps;
  return [kept(x), kept(y)];
}

export function moveCorner(points: readonly Corner[], index: number, to: Corner): Corner[] {
  return points.map((point, at) => (at === index ? onPicture(to) : point));
}

/** A new corner in the middle of the edge that begins at `index`; none where there are enough. */
export function splitEdge(points: readonly Corner[], index: number): Corner[] {
  if (points.length >= mostCorners) return [...points];
  return [...points.slice(0, index + 1), edgeMiddle(points, index), ...points.slice(index + 1)];
}

/** Leaves as many as a polygon needs. */
export function removeCorner(points: readonly Corner[], index: number): Corner[] {
  return points.length <= fewestCorners ? [...points] : points.filter((_point, at) => at !== index);
}

export function edgeMiddle(points: readonly Corner[], index: number): Corner {
  const [x1, y1] = points[index] ?? [0, 0];
  const [x2, y2] = points[(index + 1) % points.length] ?? [0, 0];
  return onPicture([(x1 + x2) / 2, (y1 + y2) / 2]);
}

/** How far an arrow key moves a corner: a hundredth of the picture, with Shift five. */
export function arrowStep(key: string, isFar: boolean): Corner | undefined {
  const step = isFar ? 0.05 : 0.01;
  const byKey: Readonly<Record<string, Corner>> = {
    ArrowLeft: [-step, 0],
    ArrowRight: [step, 0],
    ArrowUp: [0, -step],
    ArrowDown: [0, step],
  };
  return byKey[key];
}
