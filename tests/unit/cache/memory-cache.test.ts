import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryCache } from '../../../src/cache/memory-cache.ts';
import { openCache } from '../../../src/cache/open-cache.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { alertEvent, assessedDetection } from '../../support/assessed.ts';
import { capturedAtMs } from '../../support/risk-messages.ts';

let clock: ManualClock;
let cache: MemoryCache;

beforeEach(() => {
  clock = new ManualClock();
  cache = new MemoryCache({ clock });
});

test('without an address it takes the place of Redis', async () => {
  const opened = openCache({}, { clock, random: () => 0.5, onTrouble: () => {}, onWorking: () => {} });
  opened.putDetection(assessedDetection('r1'));
  expect(await opened.detection('r1')).toEqual(assessedDetection('r1'));
  expect(opened.stats().state).toEqual({ state: 'in-process' });
  await opened.close();
});

describe('a detection', () => {
  test("stands by its request and as its camera's latest, for 300 s", async () => {
    cache.putDetection(assessedDetection('r1'));
    clock.advance(299_999);
    expect(await cache.detection('r1')).toEqual(assessedDetection('r1'));
    expect(await cache.latest('7')).toEqual(assessedDetection('r1'));
    expect(await cache.latest('8')).toBeUndefined();
    clock.advance(1);
    expect(await cache.detection('r1')).toBeUndefined();
    expect(await cache.latest('7')).toBeUndefined();
  });

  test('that comes after one of a later capture stands by its request alone', async () => {
    cache.putDetection(assessedDetection('later', { atMs: capturedAtMs + 2000 }));
    cache.putDetection(assessedDetection('earlier'));
    expect((await cache.latest('7'))?.requestId).toBe('later');
    expect((await cache.detection('earlier'))?.requestId).toBe('earlier');
  });

  test('makes room for newer ones before its time where there are too many, counted', async () => {
    cache = new MemoryCache({ clock, maxDetections: 2 });
    for (const id of ['a', 'b', 'c']) cache.putDetection(assessedDetection(id));
    expect(await cache.detection('a')).toBeUndefined();
    expect(await cache.detection('b')).toBeDefined();
    expect(cache.stats()).toMatchObject({ detections: 3, dropped: { full: 1 } });
  });

  test('of one camera more than may stand lets the one go that was quiet longest', async () => {
    cache = new MemoryCache({ clock, maxCameras: 2 });
    for (const cameraId of ['a', 'b', 'a', 'c']) cache.putDetection(assessedDetection(`of-${cameraId}`, { cameraId }));
    expect(await cache.latest('b')).toBeUndefined();
    expect((await cache.latest('a'))?.requestId).toBe('of-a');
    expect((await cache.latest('c'))?.requestId).toBe('of-c');
  });
});

describe("a camera's alerts", () => {
  test('are the newest 100, newest first, and have no end', async () => {
    for (let index = 1; index <= 101; index += 1) cache.noteAlert(alertEvent(`a${index}`));
    cache.noteAlert(alertEvent('other', {}, '8'));
    cache.noteAlert(alertEvent('a101', { change: 'continued' }));
    clock.advance(1e9);
    const ids = (await cache.alerts('7')).map(({ id }) => id);
    expect(ids).toHaveLength(100);
    expect([ids[0], ids[99]]).toEqual(['a101', 'a2']);
    expect((await cache.alerts('8')).map(({ id }) => id)).toEqual(['other']);
    expect(await cache.alerts('9')).toEqual([]);
    expect(cache.stats().alerts).toBe(102);
  });
});

test('closed, it holds nothing and counts what comes', async () => {
  cache.putDetection(assessedDetection('r1'));
  await cache.close();
  await cache.close();
  cache.putDetection(assessedDetection('r2'));
  cache.noteAlert(alertEvent('a'));
  expect(await cache.detection('r1')).toBeUndefined();
  expect(cache.stats()).toMatchObject({ state: { state: 'closed' }, dropped: { closed: 2 } });
});
