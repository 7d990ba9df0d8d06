/** How an assessment becomes the level of an alert. */
import type { RiskLevel } from '../detect/detection-message.ts';
import { levelOf, type RiskThresholds, rankOf } from '../detect/risk-level.ts';

/** What an alert can have: without risk there is none. */
export type AlertLevel = Exclude<RiskLevel, 'none'>;

export const alertLevels = ['low', 'medium', 'high'] as const satisfies readonly AlertLevel[];

/**
 * The level of an alert: what the assessment says, as far as its confidence carries it. Someone who is sure that the
 * risk is low is no reason for a high alert, and a high risk of which little is certain is none either.
 */
export function alertLevel(
  risk: { readonly riskLevel: RiskLevel; readonly confidence: number },
  thresholds: RiskThresholds,
): RiskLevel {
  const carried = levelOf(risk.confidence, thresholds);
  return rankOf(carried) < rankOf(risk.riskLevel) ? carried : risk.riskLevel;
}
