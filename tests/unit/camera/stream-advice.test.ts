import { expect, test } from 'vitest';
import { adviseOn } from '../../../src/camera/stream-advice.ts';
import type { ProbeResult } from '../../../src/native.ts';

const good: ProbeResult = {
  codec: 'h264',
  imageWidth: 1920,
  imageHeight: 1080,
  framesPerSecond: 25,
  keyframe: true,
  connectMs: 10,
  firstPacketMs: 20,
  watchedMs: 4000,
  gopMs: 2000,
  bitsPerSecond: 4e6,
};

const codesOf = (stream: Partial<ProbeResult>, intervalMs = 2000) =>
  adviseOn({ ...good, ...stream }, intervalMs).map(({ code }) => code);

test('nothing is said of a stream as it should be', () => {
  expect(codesOf({})).toEqual([]);
});

test('keyframes that come more rarely than analyses: what to set, in frames', () => {
  const [advice] = adviseOn({ ...good, gopMs: 8000 }, 1800);
  expect(advice).toMatchObject({ code: 'keyframes-rare', severity: 'notice', keyframeEveryFrames: 45 });
  expect(advice?.message).toMatch(/every 8 s, analyses every 1\.8 s.* to 1\.8 s or less \(45 frames\)/);
});

test('fewer than two keyframes in the time that was watched', () => {
  const { gopMs: _none, ...unmeasured } = good;
  const [advice] = adviseOn({ ...unmeasured, watchedMs: 10_000 }, 2000);
  expect(advice?.message).toMatch(/every more than 10 s/);
  expect(adviseOn({ ...unmeasured, watchedMs: 1500 }, 2000)).toEqual([]);
});

test('what else costs or fails', () => {
  expect(codesOf({ keyframe: false })).toEqual(['no-picture']);
  expect(codesOf({ gradualRefresh: true, gopMs: 8000 })).toEqual(['gradual-refresh']);
  expect(codesOf({ codec: 'hevc' })).toEqual(['no-live-video']);
  expect(codesOf({ imageWidth: 3840, imageHeight: 2160 })).toEqual(['picture-large']);
  expect(codesOf({ imageWidth: 2560, imageHeight: 1440 })).toEqual([]);
  expect(codesOf({ bitsPerSecond: 12e6 })).toEqual(['bit-rate-high']);
});
