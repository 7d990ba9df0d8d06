/** Whether two programs found the same objects: boxes are paired, one with one, and what is left over is judged. */
import type { FoundObject } from './recorded.ts';

/** What one program found. Faint objects lie just below the threshold: they excuse, but are not judged. */
export interface Findings {
  readonly objects: readonly FoundObject[];
  readonly faintObjects: readonly FoundObject[];
}

/** What makes two boxes a pair; they are of the same class. */
export interface PairRule {
  readonly minIou: number;
  /** Largest difference of their confidences. */
  readonly maxConfidenceDifference: number;
}

/** Where a program decides by a threshold; closer to one than `margin`, two programs may decide differently. */
export interface Thresholds {
  readonly confidence: number;
  readonly iou: number;
  readonly rivals: readonly (readonly string[])[];
  readonly margin: number;
}

/** Positions in the objects of the one and of the other. */
export type Pair = readonly [one: number, other: number];

export interface Verdict {
  readonly judged: number;
  readonly paired: number;
  /** Without a partner, but so close to a threshold that nothing follows from it. */
  readonly leftOut: number;
  readonly alone: readonly FoundObject[];
}

/** Pairs boxes one with one, those that overlap most first. */
export function pairObjects(ones: readonly FoundObject[], others: readonly FoundObject[], rule: PairRule): Pair[] {
  const candidates = ones.flatMap((one, i) =>
    others.flatMap((other, j) => (isPair(one, other, rule) ? [{ i, j, iou: iouOf(one, other) }] : [])),
  );
  candidates.sort((a, b) => b.iou - a.iou);
  const pairs: Pair[] = [];
  const takenOnes = new Set<number>();
  const takenOthers = new Set<number>();
  for (const { i, j } of candidates) {
    if (takenOnes.has(i) || takenOthers.has(j)) continue;
    takenOnes.add(i);
    takenOthers.add(j);
    pairs.push([i, j]);
  }
  return pairs;
}

/** Which of the objects of `found` are also among those of `other`. */
export function judge(found: Findings, other: Findings, rule: PairRule, thresholds: Thresholds): Verdict {
  const others = [...other.objects, ...other.faintObjects];
  const partners = new Map(pairObjects(found.objects, others, rule));
  const isPaired = (index: number) => (partners.get(index) ?? Number.POSITIVE_INFINITY) < other.objects.length;
  const isExcused = (object: FoundObject, index: number) =>
    partners.has(index) || isNearThreshold(object, found.objects, thresholds);

  const left = found.objects.map((object, index) => ({ object, index })).filter(({ index }) => !isPaired(index));
  const alone = left.filter(({ object, index }) => !isExcused(object, index)).map(({ object }) => object);
  const paired = found.objects.length - left.length;
  return { judged: paired + alone.length, paired, leftOut: left.length - alone.length, alone };
}

export function sumOf(verdicts: readonly Verdict[]): Verdict {
  const total = (field: 'judged' | 'paired' | 'leftOut') => verdicts.reduce((sum, verdict) => sum + verdict[field], 0);
  return {
    judged: total('judged'),
    paired: total('paired'),
    leftOut: total('leftOut'),
    alone: verdicts.flatMap((verdict) => verdict.alone),
  };
}

export function iouOf(one: Pick<FoundObject, 'bbox'>, other: Pick<FoundObject, 'bbox'>): number {
  const [ax1, ay1, ax2, ay2] = one.bbox;
  const [bx1, by1, bx2, by2] = other.bbox;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const height = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - common);
}

function isPair(one: FoundObject, other: FoundObject, rule: PairRule): boolean {
  if (one.class !== other.class) return false;
  if (Math.abs(one.confidence - other.confidence) > rule.maxConfidenceDifference) return false;
  return iouOf(one, other) >= rule.minIou;
}

/** Whether its confidence, or its overlap with a rival that is more confident, is close to the threshold. */
function isNearThreshold(object: FoundObject, objects: readonly FoundObject[], thresholds: Thresholds): boolean {
  if (Math.abs(object.confidence - thresholds.confidence) <= thresholds.margin) return true;
  return objects.some(
    (rival) =>
      rival.confidence > object.confidence &&
      areRivals(rival, object, thresholds) &&
      Math.abs(iouOf(rival, object) - thresholds.iou) <= thresholds.margin,
  );
}

function areRivals(one: FoundObject, other: FoundObject, { rivals }: Thresholds): boolean {
  if (one.class === other.class) return true;
  return rivals.some((names) => names.includes(one.class) && names.includes(other.class));
}
