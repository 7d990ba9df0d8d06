import { describe, expect, test } from 'vitest';
import { findJsonObject } from '../../../../src/assess/answer/find-json.ts';

describe('an object is found', () => {
  test.each([
    ['alone', '{"a":1}'],
    ['in a code fence', '```json\n{"a":1}\n```'],
    ['among words', 'The answer is {"a":1}. I hope that helps }'],
    ['behind braces that are no JSON', 'Of the set {x, y} I say {"a":1}'],
    ['behind a brace that is never closed', 'An open { brace. {"a":1}'],
    ['behind what a model thought aloud', '<think>{"b":2}, or not?</think>\n{"a":1}'],
  ])('%s', (_, text) => {
    expect(findJsonObject(text)).toEqual({ a: 1 });
  });

  test('with braces, quotes and backslashes in its strings', () => {
    expect(findJsonObject('x {"a":"} \\" { \\\\","b":{"c":[]}} y')).toEqual({ a: '} " { \\', b: { c: [] } });
  });
});

describe('nothing is found', () => {
  test.each([
    ['in words', 'I cannot answer'],
    ['in an empty text', ''],
    ['in a list', '[1, 2]'],
    ['in an object that is cut off', '{"results":[{"groupIndex":1'],
    ['in a text that is too long', `${' '.repeat(70_000)}{"a":1}`],
  ])('%s', (_, text) => {
    expect(findJsonObject(text)).toBeUndefined();
  });

  test('in a text full of braces, and soon', () => {
    const startedMs = performance.now();
    expect(findJsonObject('{'.repeat(65_000))).toBeUndefined();
    expect(findJsonObject('{a}'.repeat(20_000))).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});
