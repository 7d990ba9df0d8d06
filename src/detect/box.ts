/** How much of two boxes is the same place. */
import type { BBox } from '../native.ts';

/** Intersection over union, 0..1. */
export function iou(one: BBox, other: BBox): number {
  const shared = sharedArea(one, other);
  return shared === 0 ? 0 : shared / (areaOf(one) + areaOf(other) - shared);
}

/** The share of the smaller box that lies in the other, 0..1: a group that grows or shrinks keeps its place. */
export function overlap(one: BBox, other: BBox): number {
  const shared = sharedArea(one, other);
  return shared === 0 ? 0 : shared / Math.min(areaOf(one), areaOf(other));
}

function sharedArea(one: BBox, other: BBox): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

function areaOf([x1, y1, x2, y2]: BBox): number {
  return (x2 - x1) * (y2 - y1);
}
