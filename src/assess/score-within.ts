import type { RiskLevel } from '../detect/detection-message.ts';
import type { RiskThresholds } from '../detect/risk-level.ts';

/** What a score just below a threshold falls short of it by, where a score has to be brought into a level's band. */
const belowThreshold = 0.001;

/** The score within the level's band that is nearest to the given one. */
export function scoreWithin(level: RiskLevel, score: number, thresholds: RiskThresholds): number {
  const { low, medium, high } = thresholds;
  const least = { none: 0, low, medium, high }[level];
  const next = { none: low, low: medium, medium: high, high: 1 }[level];
  const most = level === 'high' ? 1 : next - belowThreshold;
  return Math.max(least, Math.min(most, score));
}
