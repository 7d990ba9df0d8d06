import { describe, expect, test } from 'vitest';
import type { KeyListData } from '../../../src/server/messages.ts';
import { en } from '../../../web/src/i18n/en.ts';
import { momentWords } from '../../../web/src/i18n/moments.ts';
import { durationWords, percent, wholeNumber } from '../../../web/src/i18n/numbers.ts';
import { zh } from '../../../web/src/i18n/zh.ts';
import { becauseWords, conditionWords, judgeHeadline, judgeHint, judgeName } from '../../../web/src/keys/key-words.ts';
import { keyState } from '../../support/assessment.ts';

const nowMs = new Date(2025, 0, 1, 12).getTime();
const context = (keys: KeyListData['keys'] = []) => ({ keys, nowMs, timeOf: (ms: number) => ms });

describe('who judges', () => {
  test('is named in the header and said in the panel', () => {
    const one = { by: 'model', models: ['qwen-vl-plus'] } as const;
    const two = { by: 'model', models: ['a', 'b'] } as const;
    const rules = { by: 'rules', why: 'no-key' } as const;
    expect([judgeName(one, en), judgeHeadline(one, en)]).toEqual(['qwen-vl-plus', 'qwen-vl-plus judges']);
    expect([judgeName(two, en), judgeHeadline(two, en)]).toEqual(['a, b', 'a and b judge']);
    expect([judgeName(rules, en), judgeHeadline(rules, en)]).toEqual(['Local rules', 'Local rules alone judge']);
    expect(judgeHeadline(rules, zh)).toBe('仅由本地规则判断');
    expect(judgeHeadline({ by: 'nobody' }, en)).toBe('No group is assessed');
  });

  test('without a key: says so, and what to do', () => {
    const words = judgeHint({ by: 'rules', why: 'no-key' }, context(), en);
    expect(words).toMatch(/^There is no API key: groups are judged by local rules alone\./);
    expect(words).toContain('config/api_keys.yaml');
  });

  test('while keys rest: how many for what, and when the first is tried again', () => {
    const keys = [
      keyState({ condition: 'quarantined' }),
      keyState({ condition: 'endpoint-down' }),
      keyState({ condition: 'quarantined' }),
    ];
    const untilMs = nowMs + 8000;
    expect(judgeHint({ by: 'rules', why: 'keys-rest', untilMs }, context(keys), en)).toBe(
      'None of the API keys can be used at present (Not accepted: 2, Endpoint fails: 1). Next try at 12:00:08, in 8 s.',
    );
    expect(judgeHint({ by: 'rules', why: 'keys-rest' }, context(keys), zh)).toBe(
      '目前没有可用的 API 密钥（未被接受: 2，接口故障: 1）。 将随下一个群组重试。',
    );
  });

  test('where the model does not answer: why', () => {
    expect(judgeHint({ by: 'rules', why: 'unanswered', reason: 'deadline' }, context(), en)).toBe(
      'API keys can be used, but in the last minute no answer was the model’s: no answer in time.',
    );
  });

  test('and why rules did, the most frequent reason first; one without words as it came', () => {
    expect(becauseWords({ floor: 1, deadline: 12, strange: 2 }, en)).toBe(
      'no answer in time (12), strange (2), more danger was measured than the model saw (1)',
    );
  });
});

describe('a key’s condition', () => {
  test('is told by its cause, with what to do and when it is tried again', () => {
    const revoked = { condition: 'quarantined', cause: 'unknown-key' } as const;
    expect(conditionWords(revoked, nowMs + 200_000, nowMs, en)).toBe(
      'The provider does not know this key, or has revoked it. Put a valid one into the file of keys. Next try at 12:03:20, in 3 min.',
    );
    expect(conditionWords({ condition: 'cooling', cause: 'tokens' }, nowMs - 1, nowMs, en)).toBe(
      'The provider counted too many tokens of its account. Next try with the next group.',
    );
  });

  test('that needs no words has none', () => {
    expect(conditionWords({ condition: 'ready' }, undefined, nowMs, en)).toBe('');
  });
});

test('both languages have words for the same conditions, causes and reasons', () => {
  for (const part of ['conditions', 'conditionsHint', 'causes', 'fallbacks', 'judgesHint'] as const) {
    expect(Object.keys(zh[part]).sort(), part).toEqual(Object.keys(en[part]).sort());
  }
});

test('numbers: thousands apart, no 100 % while something is missing, short times in milliseconds', () => {
  expect(wholeNumber(1_234_567.4)).toBe('1,234,567');
  expect([percent(1), percent(0.9999), percent(0.5), percent(0)]).toEqual(['100 %', '99.9 %', '50 %', '0 %']);
  expect([durationWords(850.4), durationWords(1240)]).toEqual(['850 ms', '1.2 s']);
});

test('a moment of another day has its date', () => {
  expect(momentWords(nowMs, nowMs)).toBe('12:00:00');
  expect(momentWords(nowMs - 86_400_000, nowMs)).toMatch(/31.* 12:00:00$/);
});
