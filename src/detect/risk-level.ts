/** Risk levels: their order, and the scores that they begin at. */
import type { RiskLevel } from './detection-message.ts';

/** From the least to the greatest; a level's place is its rank. */
export const riskLevels = ['none', 'low', 'medium', 'high'] as const satisfies readonly RiskLevel[];

/** From which score on a risk is of a level; each within 0..1, ascending. */
export interface RiskThresholds {
  readonly low: number;
  readonly medium: number;
  readonly high: number;
}

/** The level of a score (0..1). */
export function levelOf(score: number, { low, medium, high }: RiskThresholds): RiskLevel {
  if (score >= high) return 'high';
  if (score >= medium) return 'medium';
  return score >= low ? 'low' : 'none';
}

/** 0 for none to 3 for high. */
export function rankOf(level: RiskLevel): number {
  return riskLevels.indexOf(level);
}

/** Positive where `one` is the greater risk, negative where `other` is, 0 where they are the same. */
export function compareLevels(one: RiskLevel, other: RiskLevel): number {
  return rankOf(one) - rankOf(other);
}

/** The greater of two levels. */
export function higherOf<Level extends RiskLevel>(one: Level, other: Level): Level {
  return rankOf(other) > rankOf(one) ? other : one;
}

/** The greatest of some levels; none where there are none. */
export function highestOf(levels: Iterable<RiskLevel>): RiskLevel {
  let highest: RiskLevel = 'none';
  for (const level of levels) highest = higherOf(highest, level);
  return highest;
}
