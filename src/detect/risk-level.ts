/** The order of risk levels. */
import type { RiskLevel } from './detection-message.ts';

/** From the least to the greatest; a level's place is its rank. */
export const riskLevels = ['none', 'low', 'medium', 'high'] as const satisfies readonly RiskLevel[];

/** 0 for none to 3 for high. */
export function rankOf(level: RiskLevel): number {
  return riskLevels.indexOf(level);
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
