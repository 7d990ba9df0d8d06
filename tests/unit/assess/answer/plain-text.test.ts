import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainDescription, plainRawText } from '../../../../src/assess/answer/plain-text.ts';

describe('a description', () => {
  test.each([
    ['A car  stops.\n\nA person\tcrosses.', 'A car stops. A person crosses.'],
    ['行人正从车前横过，约一秒后可能碰撞。', '行人正从车前横过，约一秒后可能碰撞。'],
    ['<img src=x onerror=alert(1)>A car <b>stops</b>', 'A car stops'],
    ['<script>alert(1)</script>', 'alert(1)'],
    ['See [the rules](https://evil.example/x) now', 'See the rules now'],
    ['Open https://evil.example/?q=1 or www.evil.example or javascript:alert(1)', 'Open or or'],
    ['**urgent** `rm -rf` # title', 'urgent rm -rf title'],
    ['safe\u202eelbisreve\u200b\u0007\u001b[31m', 'safe elbisreve [31m'],
    ['  ', ''],
  ])('%j becomes %j', (text, plain) => {
    expect(plainDescription(text)).toBe(plain);
  });

  test('is at most 200 characters, and says that it was cut', () => {
    const cut = plainDescription('车'.repeat(500));
    expect([...cut]).toHaveLength(200);
    expect(cut.endsWith('…')).toBe(true);
    expect(plainDescription('车'.repeat(200))).toBe('车'.repeat(200));
  });

  test('has no address, not even one that is glued to a word', () => {
    expect(plainDescription('see 0http://evil.example now')).toBe('see now');
  });

  test('has no control characters, tags or addresses, whatever was written', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '\n',
      '\u0000',
      '\u202e',
      '[a](',
      'http://',
      ')',
      'x',
      '车',
      '`',
      '<a href="',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 60 }), (parts) => {
        const plain = plainDescription(parts.join(''));
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}<>`]|https?:\/\//u);
        expect([...plain].length).toBeLessThanOrEqual(200);
      }),
    );
  });
});

test('a raw text keeps its lines, and loses other control characters and what is too much', () => {
  expect(plainRawText('{\n\t"a": "<b>"\u0000\u202e}')).toBe('{\n\t"a": "<b>"}');
  expect([...plainRawText('x'.repeat(10_000))]).toHaveLength(4000);
});
