import { expect, test } from 'vitest';
import { CameraRegistry } from '../../../src/camera/camera-registry.ts';
import { Snapshots } from '../../../src/camera/snapshots.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { detection, FakeEngine } from '../../support/fake-engine.ts';

const config = configSchema.parse({ cameras: [{ id: 'gate', url: 'rtsp://camera.example/gate' }] });

test('all who ask at a time get the same picture, for one look at the camera', async () => {
  const engine = new FakeEngine();
  const registry = new CameraRegistry({ engine, config, cropsWanted: () => false });
  registry.keep(config.cameras);
  const snapshots = new Snapshots(registry, new ManualClock());
  const asked = [snapshots.take('gate'), snapshots.take('gate')];
  expect(registry.list()[0]?.viewers).toBe(1);
  registry.handleDetection(detection('gate', { rawJpeg: Buffer.from('first') }));
  expect((await Promise.all(asked)).map(String)).toEqual(['first', 'first']);
  const next = snapshots.take('gate');
  registry.handleDetection(detection('gate', { rawJpeg: Buffer.from('second') }));
  expect(String(await next)).toBe('second');
  await expect(snapshots.take('nowhere')).rejects.toMatchObject({ code: 'unknown-camera' });
});
