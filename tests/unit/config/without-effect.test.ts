import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { settingsWithoutEffect } from '../../../src/config/without-effect.ts';

test('what is set for a later version is named; defaults are not', () => {
  expect(settingsWithoutEffect(loadConfig({ env: {}, cwd: '/', embedded: {} }))).toEqual([]);
  const env = { DASHSCOPE_API_KEY: 'sk-1', ALGO_BACKEND_BASE_URL: 'https://central.example' };
  expect(settingsWithoutEffect(loadConfig({ env, cwd: '/', embedded: {} }))).toEqual(['backend.baseUrl']);
});
