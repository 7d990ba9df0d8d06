import type { BBox } from '../native.ts';

/** Intersection over union of two boxes, 0..1. */
export function iou(one: BBox, other: BBox): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (areaOf(one) + areaOf(other) - shared);
}

function areaOf([x1, y1, x2, y2]: BBox): number {
  return (x2 - x1) * (y2 - y1);
}
