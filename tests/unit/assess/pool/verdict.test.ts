import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../../src/assess/pool/retry-after.ts';
import { verdictOf } from '../../../../src/assess/pool/verdict.ts';
import { completion, failure } from '../../../support/model-pool.ts';

const nowMs = Date.UTC(2025, 0, 1);

describe('what the provider asks to wait', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '20' }, 20_000],
    ['parts of seconds', { 'retry-after': '0.5' }, 500],
    ['a date', { 'retry-after': 'Wed, 01 Jan 2025 00:01:30 GMT' }, 90_000],
    ['a date that is past', { 'retry-after': 'Tue, 31 Dec 2024 00:00:00 GMT' }, 0],
    ['milliseconds, which are more exact', { 'retry-after': '1', 'retry-after-ms': '1500' }, 1500],
    ['the milliseconds of others', { 'x-ms-retry-after-ms': '700' }, 700],
    ['more than ten minutes', { 'retry-after': '86400' }, 600_000],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['nothing', {}, undefined],
  ])('%s', (_name, headers, expected) => {
    expect(retryAfterMs(headers, nowMs)).toBe(expected);
  });
});

describe('a verdict', () => {
  const kindOf = (result: Parameters<typeof verdictOf>[0]) => {
    const verdict = verdictOf(result, nowMs);
    return verdict.kind === 'refused' ? `refused: ${verdict.limit}` : verdict.kind;
  };

  it.each([
    [429, 'Requests rate limit exceeded, please try again later.', 'refused: requests'],
    [429, 'Allocated quota exceeded, please increase your quota limit.', 'refused: tokens'],
    [429, 'Rate limit reached for tokens per min (TPM)', 'refused: tokens'],
    [429, 'Request rate increased too quickly.', 'refused: ramp'],
    [429, 'Too many concurrent requests', 'refused: concurrency'],
    [429, 'You exceeded your current quota, please check your plan and billing details', 'refused: account'],
    [429, '', 'refused: requests'],
    [402, '', 'refused: account'],
    [400, 'Access denied, please make sure your account is in good standing. Arrearage', 'refused: account'],
    [403, 'The free tier of the model has been exhausted', 'refused: account'],
    [403, 'Model access denied', 'unauthorised'],
    [401, 'Incorrect API key provided', 'unauthorised'],
    [404, 'The model does not exist', 'unauthorised'],
    [400, 'Range of input length should be [1, 129024] tokens', 'bad-request'],
    [413, '', 'bad-request'],
    [422, '', 'bad-request'],
    [408, '', 'server-error'],
    [500, '', 'server-error'],
    [503, '', 'server-error'],
    [302, '', 'broken-answer'],
  ])('of %i %s', (status, message, expected) => {
    expect(kindOf(failure(status, message))).toBe(expected);
  });

  it('of a success is the text and what it took', () => {
    const verdict = verdictOf(completion('{"a":1}', { prompt: 7, answer: 3 }), nowMs);
    expect(verdict).toEqual({
      kind: 'answered',
      completion: { text: '{"a":1}', usage: { promptTokens: 7, answerTokens: 3, cachedTokens: 0 } },
    });
  });

  it.each(['', 'null', '[]', '{"choices":[]}', '{"choices":[{"message":{"content":null}}]}', '{"choices"'])(
    'of a success that is no completion: %s',
    (body) => {
      expect(kindOf({ kind: 'response', status: 200, headers: {}, body })).toBe('broken-answer');
    },
  );

  it('reads answers in parts, and usage with a cache', () => {
    const body = JSON.stringify({
      choices: [
        {
          message: {
            content: [
              { type: 'text', text: '{"a":' },
              { type: 'text', text: '1}' },
            ],
          },
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 8 } },
    });
    const verdict = verdictOf({ kind: 'response', status: 200, headers: {}, body }, nowMs);
    expect(verdict).toMatchObject({ completion: { text: '{"a":1}', usage: { cachedTokens: 8 } } });
  });

  it('quotes the provider on one line, in short, without keys', () => {
    const verdict = verdictOf(failure(500, `line\nline sk-0123456789abcdef ${'x'.repeat(900)}`), nowMs);
    const words = 'words' in verdict ? verdict.words : '';
    expect(words.length).toBeLessThan(240);
    expect(words).toContain('sk-***');
    expect(words).not.toMatch(/\n|0123456789/);
  });

  it.each([
    [
      'the message of the usual form',
      '{"error":{"code":"x","message":"No such model."}}',
      'status 404: No such model.',
    ],
    ['that of another', '{"code":"x","message":"No such model."}', 'status 404: No such model.'],
    ['all of a body without one', '{"error":"no"}', 'status 404: {"error":"no"}'],
    ['a body that is no JSON', '<h1>Not Found</h1>', 'status 404: <h1>Not Found</h1>'],
    ['a body that is null', 'null', 'status 404: null'],
  ])('quotes %s', (_name, body, words) => {
    expect(verdictOf({ kind: 'response', status: 404, headers: {}, body }, nowMs)).toMatchObject({ words });
  });
});
