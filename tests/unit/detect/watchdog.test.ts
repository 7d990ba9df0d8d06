import { describe, expect, it } from 'vitest';
import { stageTimeoutMs, Watchdog, type WatchdogAction } from '../../../src/detect/watchdog.ts';
import type { CameraStats, PipelineStats } from '../../../src/native.ts';

const live = { state: 'live', sinceMs: 0 } as const;

function camera(changes: Partial<CameraStats> = {}): CameraStats {
  return {
    cameraId: 'gate',
    connection: live,
    quality: 'excellent',
    stallsLastHour: 0,
    reconnectsLastHour: 0,
    packets: 0,
    bytes: 0,
    framesPerSecond: 25,
    bytesPerSecond: 0,
    decodeMode: 'keyframes',
    gopMs: 2000,
    decoder: 'software',
    decodeMs: 10,
    framesDecoded: 0,
    decodeErrors: 0,
    framesReplaced: 0,
    framesStale: 0,
    analysed: 0,
    reused: 0,
    configuredIntervalMs: 2000,
    intervalMs: 2000,
    ...changes,
  };
}

function pipeline(cameras: CameraStats[], oldestRunMs?: number): PipelineStats {
  return {
    cameras,
    framesWaiting: 0,
    batches: 0,
    batchedFrames: 0,
    batchesBySize: [],
    failedBatches: 0,
    stretch: 1,
    ...(oldestRunMs === undefined ? {} : { oldestRunMs }),
  };
}

/** Looks once a second from 0 to `seconds`; `statsAt` gives the counters of each second. */
function watch(seconds: number, statsAt: (second: number) => PipelineStats): WatchdogAction[] {
  const watchdog = new Watchdog();
  const actions: WatchdogAction[] = [];
  for (let second = 0; second <= seconds; second += 1) {
    actions.push(...watchdog.check(statsAt(second), second * 1000));
  }
  return actions;
}

describe('the watchdog', () => {
  it('leaves a camera alone whose stages move', () => {
    const actions = watch(120, (second) => pipeline([camera({ packets: second * 25, framesDecoded: second >> 1 })]));
    expect(actions).toEqual([]);
  });

  it('starts the source anew after ten seconds without a packet', () => {
    const actions = watch(10, () => pipeline([camera({ packets: 25 })]));
    expect(actions).toEqual([{ stage: 'source', cameraId: 'gate', stillForMs: stageTimeoutMs }]);
  });

  it('starts decoding anew when packets come and no frame leaves', () => {
    const actions = watch(10, (second) => pipeline([camera({ packets: second * 25, framesDecoded: 3 })]));
    expect(actions).toEqual([{ stage: 'decode', cameraId: 'gate', stillForMs: stageTimeoutMs }]);
  });

  it('counts frames that fail to decode as movement: the decoder works, the stream is bad', () => {
    const actions = watch(60, (second) => pipeline([camera({ packets: second * 25, decodeErrors: second })]));
    expect(actions).toEqual([]);
  });

  it('waits for three intervals where analyses or keyframes come rarely', () => {
    const rare = (second: number) =>
      pipeline([camera({ packets: second * 25, framesDecoded: Math.floor(second / 60), intervalMs: 60_000 })]);
    expect(watch(179, rare)).toEqual([]);
    const still = (second: number) => pipeline([camera({ packets: second * 25, gopMs: 8000 })]);
    expect(watch(23, still)).toEqual([]);
    expect(watch(24, still)).toHaveLength(1);
  });

  it('leaves a camera that is not live to its reader', () => {
    const away = {
      state: 'reconnecting',
      sinceMs: 0,
      attempt: 3,
      nextTryMs: 9,
      fault: { code: 'unreachable', message: '' },
    };
    expect(watch(60, () => pipeline([camera({ connection: away as never })]))).toEqual([]);
  });

  it('gives a stage that was started anew time before it judges again', () => {
    const actions = watch(60, () => pipeline([camera({ packets: 1 })]));
    expect(actions.map((action) => action.stillForMs)).toEqual([10_000, 25_000, 40_000, 55_000]);
  });

  it('starts the workers anew when a run of the model does not come back', () => {
    const watchdog = new Watchdog();
    expect(watchdog.check(pipeline([], stageTimeoutMs - 1), 0)).toEqual([]);
    expect(watchdog.check(pipeline([], stageTimeoutMs), 1)).toEqual([
      { stage: 'inference', stillForMs: stageTimeoutMs },
    ]);
    expect(watchdog.check(pipeline([], stageTimeoutMs + 1000), 1001)).toEqual([]);
  });

  it('judges a camera that was removed and added again from the start', () => {
    const watchdog = new Watchdog();
    watchdog.check(pipeline([camera({ packets: 5 })]), 0);
    watchdog.check(pipeline([]), 5000);
    expect(watchdog.check(pipeline([camera({ packets: 5 })]), 12_000)).toEqual([]);
  });
});
