import type { RiskLevel } from '../detect/detection-message.ts';

/** From which score on a risk is of a level; each within 0..1, ascending. */
export interface RiskThresholds {
  readonly low: number;
  readonly medium: number;
  readonly high: number;
}

const ascending: readonly RiskLevel[] = ['none', 'low', 'medium', 'high'];

/** What a score just below a threshold falls short of it by, where a score has to be brought into a level's band. */
const belowThreshold = 0.001;

/** The level of a score (0..1). */
export function levelOf(score: number, { low, medium, high }: RiskThresholds): RiskLevel {
  if (score >= high) return 'high';
  if (score >= medium) return 'medium';
  return score >= low ? 'low' : 'none';
}

/** The score within the level's band that is nearest to the given one. */
export function scoreWithin(level: RiskLevel, score: number, thresholds: RiskThresholds): number {
  const { low, medium, high } = thresholds;
  const least = { none: 0, low, medium, high }[level];
  const next = { none: low, low: medium, medium: high, high: 1 }[level];
  const most = level === 'high' ? 1 : next - belowThreshold;
  return Math.max(least, Math.min(most, score));
}

/** Positive where `one` is the greater risk, negative where `other` is, 0 where they are the same. */
export function compareLevels(one: RiskLevel, other: RiskLevel): number {
  return ascending.indexOf(one) - ascending.indexOf(other);
}

/** The greatest of the levels; `none` of none. */
export function maxLevel(levels: Iterable<RiskLevel>): RiskLevel {
  let greatest: RiskLevel = 'none';
  for (const level of levels) {
    if (compareLevels(level, greatest) > 0) greatest = level;
  }
  return greatest;
}
