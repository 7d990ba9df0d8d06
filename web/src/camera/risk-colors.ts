/** Risk in colours, on pictures and around them. */
import type { AlertData, DetectionResultData } from '../../../src/server/messages.ts';

type RiskLevel = DetectionResultData['maxRiskLevel'];
type BBox = DetectionResultData['trafficGroups'][number]['bbox'];

/** On top of pictures, whatever the theme. */
export const riskColors: Readonly<Record<RiskLevel, string>> = {
  none: '#8fa3b8',
  low: '#ffd24a',
  medium: '#ff9a3d',
  high: '#ff4d5e',
};

const ascending: readonly RiskLevel[] = ['none', 'low', 'medium', 'high'];
/** Share of the smaller box that must lie in the other for an alert to concern a group. */
const minOverlap = 0.3;

export function worstOf(alerts: readonly Pick<AlertData, 'level'>[]): RiskLevel {
  return alerts.reduce<RiskLevel>((worst, { level }) => higherOf(worst, level), 'none');
}

/** A group's level: what the frame says of it, or an active alert at its place. The latter outlasts single frames. */
export function groupLevel(
  group: { readonly bbox: BBox; readonly riskLevel: RiskLevel },
  alerts: readonly Pick<AlertData, 'level' | 'bbox'>[],
): RiskLevel {
  const there = alerts.filter(({ bbox }) => bbox !== undefined && overlap(bbox, group.bbox) >= minOverlap);
  return higherOf(group.riskLevel, worstOf(there));
}

function higherOf(one: RiskLevel, other: RiskLevel): RiskLevel {
  return ascending.indexOf(other) > ascending.indexOf(one) ? other : one;
}

function overlap(one: BBox, other: BBox): number {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const area = ([x1, y1, x2, y2]: BBox) => (x2 - x1) * (y2 - y1);
  const smaller = Math.min(area(one), area(other));
  return width <= 0 || height <= 0 || smaller <= 0 ? 0 : (width * height) / smaller;
}
