import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { withoutSecrets } from '../../../src/config/without-secrets.ts';

test('a shown configuration has no secrets, and is otherwise the same', () => {
  const config = loadConfig({
    cwd: '/',
    env: { ALGO_AUTH_TOKEN: 'token-0123456789abcdef', DASHSCOPE_API_KEY: 'sk-1' },
    embedded: {
      cameras: [{ id: 1, url: 'rtsp://user:secret@host/live' }],
      detector: { manifestPath: '/models/@own/m.yaml' },
    },
  });
  const shown = withoutSecrets(config);
  expect(JSON.stringify(shown)).not.toMatch(/token-0123|secret|sk-1/);
  expect(shown.cameras).toEqual([{ id: '1', url: 'rtsp://***@host/live', enabled: true, zones: [] }]);
  expect(shown.detector).toEqual(config.detector);
  expect(shown.server).toEqual({ ...config.server, authToken: '***' });
});
