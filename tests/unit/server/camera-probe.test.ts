import { beforeEach, describe, expect, test } from 'vitest';
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
  watchedMs: 0,
};

/** Who asks. */
const viewer = {};

function probeOf(probe: NativeAddon['probe']): CameraProbe {
  return new CameraProbe(configSchema.parse({}), { pin: (url) => url }, probe);
}

test('a camera that answers is reachable, and how long it took is told', async () => {
  const check = await probeOf(async () => found).check('rtsp://camera.example/', viewer);
  expect(check).toEqual({ status: 1, message: 'reachable: hevc 1920x1080', latencyMs: 12 });
});

test('one that sends no keyframe is reachable, with that said', async () => {
  const check = await probeOf(async () => ({ ...found, keyframe: false })).check('rtsp://camera.example/', viewer);
  expect(check).toMatchObject({ status: 1, message: 'reachable, but no keyframe came in time: hevc 1920x1080' });
});

test('what does not work is the answer, whether it is thrown or rejected', async () => {
  const rejects = probeOf(() => Promise.reject(new Error('no route')));
  expect(await rejects.check('rtsp://camera.example/', viewer)).toEqual({ status: 0, message: 'no route' });
  const throws = probeOf(() => {
    throw new Error('expected a host');
  });
  expect(await throws.check('rtsp:///', viewer)).toEqual({ status: 0, message: 'expected a host' });
});

describe('checks', () => {
  /** Addresses that are being looked at, in the order in which that began, and what ends each. */
  let begun: string[];
  let ends: Map<string, () => void>;
  let probe: CameraProbe;

  beforeEach(() => {
    [begun, ends] = [[], new Map()];
    probe = probeOf(({ url }) => {
      begun.push(url);
      return new Promise((resolve) => ends.set(url, () => resolve(found)));
    });
  });

  /** What is to begin by now has begun. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  async function end(url: string | undefined): Promise<void> {
    ends.get(url ?? '')?.();
    await settled();
  }

  test('run four at a time; 64 of a viewer wait, and more are turned away', async () => {
    const checks = Array.from({ length: 4 + 64 }, (_, index) => probe.check(`rtsp://${index}`, viewer));
    expect(await probe.check('rtsp://more', viewer)).toEqual({
      status: 0,
      message: 'busy: 64 cameras of this connection wait to be checked',
    });
    expect(begun).toHaveLength(4);
    for (let index = 0; index < checks.length; index += 1) {
      expect(begun).toHaveLength(Math.min(checks.length, 4 + index));
      await end(begun[index]);
    }
    expect((await Promise.all(checks)).every(({ status }) => status === 1)).toBe(true);
    expect(begun).toEqual(Array.from({ length: 68 }, (_, index) => `rtsp://${index}`));
  });

  test('of a viewer that has many do not keep another one waiting: they take turns', async () => {
    const other = {};
    for (let index = 0; index < 4 + 64; index += 1) void probe.check(`rtsp://many/${index}`, viewer);
    const first = probe.check('rtsp://other/1', other);
    void probe.check('rtsp://other/2', other);
    await settled();
    for (let index = 0; index < 4; index += 1) await end(begun[index]);
    expect(begun.slice(4)).toEqual(['rtsp://many/4', 'rtsp://other/1', 'rtsp://many/5', 'rtsp://other/2']);
    await end('rtsp://other/1');
    expect(await first).toMatchObject({ status: 1 });
  });

  test('of a viewer that has gone are not begun, and make room', async () => {
    for (let index = 0; index < 4; index += 1) void probe.check(`rtsp://running/${index}`, viewer);
    const waiting = probe.check('rtsp://unwanted', viewer);
    const other = probe.check('rtsp://wanted', {});
    probe.forget(viewer);
    expect(await waiting).toEqual({ status: 0, message: 'not checked: the connection is gone' });
    await end('rtsp://running/0');
    expect(begun.at(-1)).toBe('rtsp://wanted');
    await end('rtsp://wanted');
    expect(await other).toMatchObject({ status: 1 });
    // All four places are free again.
    for (const url of begun) await end(url);
    for (let index = 0; index < 5; index += 1) void probe.check(`rtsp://again/${index}`, viewer);
    await settled();
    expect(begun.filter((url) => url.startsWith('rtsp://again'))).toHaveLength(4);
  });
});
