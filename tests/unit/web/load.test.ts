import { expect, test } from 'vitest';
import { isStretched, stretchOf } from '../../../web/src/camera/load.ts';
import { en } from '../../../web/src/i18n/en.ts';
import { zh } from '../../../web/src/i18n/zh.ts';

const camera = (intervalMs: number, configuredIntervalMs = 2000) => ({ intervalMs, configuredIntervalMs });

test('a camera that is analysed as configured, rounding aside, is not stretched', () => {
  expect(isStretched(camera(2000))).toBe(false);
  expect(isStretched(camera(2001))).toBe(false);
  expect(isStretched(camera(2200))).toBe(true);
});

test('the page tells of the camera that is stretched most', () => {
  expect(stretchOf([])).toBe(1);
  expect(stretchOf([camera(2000), camera(5000), camera(3000, 1000)])).toBe(3);
});

test('how much is said in plain numbers', () => {
  expect(en.stretched(13.62, 2)).toBe('every 13.6 s instead of 2 s');
  expect(en.overloaded(6.81)).toBe('Too much to do: cameras are analysed up to 6.8 times as rarely as configured');
  expect(zh.stretched(13.62, 2)).toBe('每 13.6 秒（设定 2 秒）');
  expect(zh.overloaded(3)).toBe('负载过高：摄像头的分析间隔最长达设定值的 3 倍');
});
