import type { BBox } from '../native.ts';

/** The share of the smaller box that lies in the other, 0..1: a group that grows or shrinks keeps its place. */
export function overlap(one: BBox, other: BBox): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const smaller = Math.min(area(one), area(other));
  return width <= 0 || height <= 0 || smaller <= 0 ? 0 : (width * height) / smaller;
}

function area([x1, y1, x2, y2]: BBox): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}
