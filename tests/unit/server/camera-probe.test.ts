import { expect, test } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import type { NativeAddon, ProbeResult } from '../../../src/native.ts';
import { CameraProbe } from '../../../src/server/camera-probe.ts';

const found: ProbeResult = {
  codec: 'hevc',
  imageWidth: 1920,
  imageHeight: 1080,
  keyframe: true,
  connectMs: 3,
  firstPacketMs: 12.4,
};

function probeOf(probe: NativeAddon['probe']): CameraProbe {
  return new CameraProbe(configSchema.parse({}), probe);
}

test('a camera that answers is reachable, and how long it took is told', async () => {
  const check = await probeOf(async () => found).check('rtsp://camera.example/');
  expect(check).toEqual({ status: 1, message: 'reachable: hevc 1920x1080', latencyMs: 12 });
});

test('one that sends no keyframe is reachable, with that said', async () => {
  const check = await probeOf(async () => ({ ...found, keyframe: false })).check('rtsp://camera.example/');
  expect(check).toMatchObject({ status: 1, message: 'reachable, but no keyframe came in time: hevc 1920x1080' });
});

test('what does not work is the answer, whether it is thrown or rejected', async () => {
  const rejects = probeOf(() => Promise.reject(new Error('no route')));
  expect(await rejects.check('rtsp://camera.example/')).toEqual({ status: 0, message: 'no route' });
  const throws = probeOf(() => {
    throw new Error('expected a host');
  });
  expect(await throws.check('rtsp:///')).toEqual({ status: 0, message: 'expected a host' });
});

test('four are looked at at a time, 64 wait, and more are turned away', async () => {
  const running: (() => void)[] = [];
  let started = 0;
  const probe = probeOf(() => {
    started += 1;
    return new Promise((resolve) => running.push(() => resolve(found)));
  });
  const checks = Array.from({ length: 4 + 64 }, () => probe.check('rtsp://camera.example/'));
  expect(await probe.check('rtsp://camera.example/')).toEqual({
    status: 0,
    message: 'busy: 64 cameras wait to be checked',
  });
  expect(started).toBe(4);
  running.shift()?.();
  await checks[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toBe(5);
  while (started < checks.length || running.length > 0) {
    running.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await Promise.all(checks)).every(({ status }) => status === 1)).toBe(true);
});
