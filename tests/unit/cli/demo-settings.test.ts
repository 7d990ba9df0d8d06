import { expect, test } from 'vitest';
import { demoCameras, demoClips, demoSettings } from '../../../src/cli/demo-settings.ts';
import { loadConfig } from '../../../src/config/load.ts';

test('the clips of the installation are played in turn, under ids of their own', () => {
  expect(demoCameras(['/demo/a.mp4', '/demo/b.mp4'], 3)).toEqual([
    { id: 'demo-1', url: '/demo/a.mp4', name: 'a' },
    { id: 'demo-2', url: '/demo/b.mp4', name: 'b' },
    { id: 'demo-3', url: '/demo/a.mp4', name: 'a (2)' },
  ]);
});

test('the demo is a valid configuration that needs nothing else', () => {
  const cameras = demoCameras(demoClips(), 6);
  const config = loadConfig({ env: {}, cwd: '/', embedded: demoSettings(cameras) });
  expect(config.cameras).toMatchObject(cameras);
  expect(config.allowFiles).toBe(true);
});
