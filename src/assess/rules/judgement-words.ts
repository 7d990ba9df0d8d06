import type { LocalJudgement } from '../../bus/topics.ts';
import { type RiskType, riskTypeWords } from '../risk-types.ts';

export type Language = 'zh' | 'en';

/** What rules found, as a sentence for the operator. */
export function judgementInWords({ riskLevel, riskTypes, measured }: LocalJudgement, language: Language): string {
  const words = sentences[language];
  if (riskLevel === 'none') return words.harmless;
  const reasons = riskTypes.map((type) => riskTypeWords[type as RiskType]?.[language] ?? type);
  const facts = [
    measured.timeToCollisionS === undefined || !riskTypes.includes('collision_course')
      ? undefined
      : words.collision(oneDigit(measured.timeToCollisionS)),
    measured.gapM === undefined ? undefined : words.gap(oneDigit(measured.gapM)),
    measured.closingMps === undefined ? undefined : words.closing(oneDigit(measured.closingMps)),
  ].filter((fact) => fact !== undefined);
  return words.danger(reasons, facts);
}

function oneDigit(value: number): string {
  return value.toFixed(1);
}

const sentences = {
  zh: {
    harmless: '未发现明显危险。',
    danger: (reasons: readonly string[], facts: readonly string[]) =>
      `${reasons.join('、')}${facts.length > 0 ? `（${facts.join('，')}）` : ''}。`,
    collision: (seconds: string) => `约 ${seconds} 秒后可能碰撞`,
    gap: (metres: string) => `最小间距约 ${metres} 米`,
    closing: (speed: string) => `接近速度约 ${speed} 米/秒`,
  },
  en: {
    harmless: 'No danger was found.',
    danger: (reasons: readonly string[], facts: readonly string[]) => {
      const text = `${reasons.join('; ')}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}.`;
      return text.charAt(0).toUpperCase() + text.slice(1);
    },
    collision: (seconds: string) => `about ${seconds} s to a collision`,
    gap: (metres: string) => `smallest gap about ${metres} m`,
    closing: (speed: string) => `approaching at about ${speed} m/s`,
  },
} as const;
