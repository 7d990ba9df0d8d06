import { describe, expect, it } from 'vitest';
import { pictureTimeoutMs, stageTimeoutMs, Watchdog, type WatchdogAction } from '../../../src/detect/watchdog.ts';
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
    framesOffered: 0,
    framesReplaced: 0,
    framesStale: 0,
    analysed: 0,
    reused: 0,
    busy: false,
    configuredIntervalMs: 2000,
    intervalMs: 2000,
    ...changes,
  };
}

function pipeline(cameras: CameraStats[], oldestRunMs?: number, batchedFrames = 0, framesWaiting = 0): PipelineStats {
  return {
    cameras,
    framesWaiting,
    batches: batchedFrames,
    batchedFrames,
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

  it('leaves a decoder alone that gives nothing but errors, and asks for the stream anew after a minute', () => {
    const actions = watch(60, (second) => pipeline([camera({ packets: second * 25, decodeErrors: second })]));
    expect(actions).toEqual([{ stage: 'source', cameraId: 'gate', stillForMs: pictureTimeoutMs }]);
  });

  it('asks for the stream anew, once a minute, where no keyframe ever comes', () => {
    const { gopMs: _, ...waiting } = camera();
    const actions = watch(180, (second) => pipeline([{ ...waiting, packets: second * 25 }]));
    expect(actions.map(({ stage, stillForMs }) => [stage, stillForMs])).toEqual([
      ['source', 60_000],
      ['source', 120_000],
      ['source', 180_000],
    ]);
  });

  it('does the same where the picture is refreshed bit by bit and no more pictures come', () => {
    const { gopMs: _, ...waiting } = camera({ framesDecoded: 9, gradualRefresh: true });
    expect(watch(59, (second) => pipeline([{ ...waiting, packets: second * 25 }]))).toEqual([]);
    expect(watch(60, (second) => pipeline([{ ...waiting, packets: second * 25 }]))).toHaveLength(1);
  });

  it('leaves a camera alone that has given a picture and whose next keyframe has not come yet', () => {
    const { gopMs: _, ...waiting } = camera({ framesDecoded: 1 });
    expect(watch(600, (second) => pipeline([{ ...waiting, packets: second * 25 }]))).toEqual([]);
  });

  describe('a camera whose frames are decoded and not analysed', () => {
    const decoded = (second: number) => ({ packets: second * 25, framesDecoded: second, framesOffered: second });
    const passedOver = (second: number) => [
      camera(decoded(second)),
      camera({ ...decoded(second), cameraId: 'door', analysed: second }),
    ];

    it('is told of while others have their turns', () => {
      expect(watch(11, (second) => pipeline(passedOver(second), 5, second, 1))).toEqual([
        { stage: 'analysis', cameraId: 'gate', stillForMs: stageTimeoutMs },
      ]);
    });

    it('is told of where nothing knows that it waits, be it the only one', () => {
      expect(watch(11, (second) => pipeline([camera(decoded(second))]))).toEqual([
        { stage: 'analysis', cameraId: 'gate', stillForMs: stageTimeoutMs },
      ]);
    });

    it('is left alone where no worker runs', () => {
      expect(watch(60, (second) => pipeline([camera(decoded(second))], undefined, 0, 1))).toEqual([]);
    });

    it('is left alone where others had no more than a turn', () => {
      expect(watch(60, (second) => pipeline(passedOver(second), 5, Math.min(second, 3), 1))).toEqual([]);
    });

    it('is left alone while its frame is in the model, or its result kept', () => {
      const busy = (second: number) => pipeline([camera({ ...decoded(second), busy: true })], 5, second, 1);
      expect(watch(60, busy)).toEqual([]);
    });

    it('counts from the last look before its frame came, however rarely one does', () => {
      const rare = (second: number) =>
        pipeline(
          [camera({ packets: second * 25, framesDecoded: second, framesOffered: second < 50 ? 1 : 2 })],
          5,
          second,
        );
      const analysedOnce = (second: number) => {
        const stats = rare(second);
        return { ...stats, cameras: stats.cameras.map((one) => ({ ...one, analysed: 1 })) };
      };
      expect(watch(58, analysedOnce)).toEqual([]);
      expect(watch(59, analysedOnce)).toHaveLength(1);
    });
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

  describe('what stands still for good', () => {
    function standstillsAfter(seconds: number, statsAt: (second: number) => PipelineStats) {
      const watchdog = new Watchdog();
      for (let second = 0; second <= seconds; second += 1) watchdog.check(statsAt(second), second * 1000);
      return watchdog.standstills();
    }

    it('is a decoder that was started anew three times and has not moved', () => {
      const hung = (second: number) => pipeline([camera({ packets: second * 25, framesDecoded: 3 })]);
      expect(standstillsAfter(39, hung)).toEqual([]);
      expect(standstillsAfter(40, hung)).toEqual([{ stage: 'decode', cameraId: 'gate' }]);
    });

    it('is no longer what has moved since', () => {
      const late = (second: number) =>
        pipeline([camera({ packets: second * 25, framesDecoded: second < 45 ? 3 : second })]);
      expect(standstillsAfter(44, late)).toHaveLength(1);
      expect(standstillsAfter(45, late)).toEqual([]);
    });

    it('is a reader that keeps saying that its camera is live and gives nothing', () => {
      expect(standstillsAfter(40, () => pipeline([camera({ packets: 25 })]))).toEqual([
        { stage: 'source', cameraId: 'gate' },
      ]);
    });

    it('is no camera that sends what gives no picture: that is its own fault', () => {
      const junk = (second: number) => pipeline([camera({ packets: second * 25, decodeErrors: second })]);
      expect(standstillsAfter(1200, junk)).toEqual([]);
    });

    it('is no camera that comes back each time and goes silent again', () => {
      const flapping = (second: number) => {
        const connection = second % 11 === 10 ? { state: 'connecting' as const, sinceMs: 0, attempt: 1 } : live;
        return pipeline([camera({ packets: 25, connection })]);
      };
      expect(standstillsAfter(600, flapping)).toEqual([]);
    });

    it('is the model where frames wait and no worker takes any for a minute', () => {
      const stuck = (second: number) => pipeline([], undefined, Math.min(second, 5), 2);
      expect(standstillsAfter(64, stuck)).toEqual([]);
      expect(standstillsAfter(65, stuck)).toEqual([{ stage: 'inference' }]);
      expect(standstillsAfter(600, () => pipeline([], undefined, 5, 0))).toEqual([]);
      expect(standstillsAfter(600, (second) => pipeline([], undefined, second, 2))).toEqual([]);
    });
  });

  it('judges a camera that was removed and added again from the start', () => {
    const watchdog = new Watchdog();
    watchdog.check(pipeline([camera({ packets: 5 })]), 0);
    watchdog.check(pipeline([]), 5000);
    expect(watchdog.check(pipeline([camera({ packets: 5 })]), 12_000)).toEqual([]);
  });
});
