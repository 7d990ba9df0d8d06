import { describe, expect, test } from 'vitest';
import { judgementInWords } from '../../../../src/assess/rules/judgement-words.ts';
import { judgeLocally } from '../../../../src/assess/rules/local-judgement.ts';
import { membersOfLevel, thresholds } from '../../../support/assessment.ts';

const words = (level: keyof typeof membersOfLevel, language: 'zh' | 'en') =>
  judgementInWords(judgeLocally(membersOfLevel[level], thresholds), language);

describe('what rules found is told', () => {
  test('in Chinese', () => {
    expect(words('none', 'zh')).toBe('未发现明显危险。');
    expect(words('low', 'zh')).toBe('间距过近、行人或骑行者处于机动车之间（最小间距约 1.0 米）。');
    expect(words('high', 'zh')).toContain('即将碰撞');
    expect(words('high', 'zh')).toContain('约 1.0 秒后可能碰撞，最小间距约 5.0 米，接近速度约 5.0 米/秒');
  });

  test('in English', () => {
    expect(words('none', 'en')).toBe('No danger was found.');
    expect(words('low', 'en')).toBe(
      'Road users are very close to each other for their size; pedestrians or riders are among motor vehicles (smallest gap about 1.0 m).',
    );
    expect(words('high', 'en')).toMatch(/^A collision is seconds away .*\(about 1\.0 s to a collision, .*\)\.$/);
  });
});
