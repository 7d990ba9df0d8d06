/** The addon is what its typed twin, src/native.ts, says that it is. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type DetectionEvent,
  type NativeCameraOptions,
  type NativeEvent,
  type NativeInferenceLane,
  type NativePipeline,
  native,
} from '../../src/native.ts';
import { differences, membersOf } from './native-seam/declared.ts';
import { repositoryRoot } from './support/appliance.ts';

const sidePx = 640;
const rows = 4 + 1;

let events: NativeEvent[];
let pipeline: NativePipeline;
/** What it gives back for an event. */
let onEvent: () => unknown;

beforeEach(() => {
  events = [];
  onEvent = () => undefined;
  pipeline = new native.Pipeline(
    {
      threads: 1,
      batchDeadlineMs: 0,
      jpegQuality: 80,
      model: { family: 'yolov8', classNames: ['person'], stridePx: 32, longSidePx: sidePx },
      detection: { confidence: 0.35, iou: 0.5, maxObjects: 10, allowedClassIds: [0], rivalClassIds: [] },
      grouping: { distancePx: 150, minMembers: 2, cropMarginPx: 12 },
      backoff: { firstMs: 1000, maxMs: 1000, hopelessMs: 1000 },
    },
    (event) => {
      events.push(event);
      const held = onEvent();
      return held instanceof Promise ? held : undefined;
    },
  );
});
afterEach(() => pipeline.close());

function openLane(): NativeInferenceLane {
  return new native.InferenceLane(pipeline.id, 1, new Float32Array(3 * sidePx * sidePx));
}

function camera(cameraId: string, file: string): NativeCameraOptions {
  return {
    cameraId,
    url: file,
    allowFiles: true,
    transport: 'tcp',
    connectTimeoutMs: 1000,
    readTimeoutMs: 1000,
    intervalMs: 100,
    decodePolicy: 'auto',
    hardwareDecode: 'none',
    priority: 1,
    maxReuseMs: 60_000,
    playback: 'live',
  };
}

const clip = join(repositoryRoot, 'demo/street-walkers.mp4');

/** Two people side by side: [1, rows, 2 anchors], in pixels of the model's input. */
const twoPeople = new Float32Array([300, 360, 200, 200, 40, 40, 80, 80, 0.9, 0.8]);

function nextDetection(): Promise<DetectionEvent> {
  return new Promise((resolve) => {
    onEvent = () => {
      const last = events.at(-1);
      if (last?.type === 'detection') resolve(last);
    };
  });
}

/** Answers one batch of the lane. */
async function answer(lane: NativeInferenceLane): Promise<void> {
  expect(await lane.next()).not.toBeNull();
  lane.complete(twoPeople, rows, 2);
}

function methodsOf(nativeClass: { readonly prototype: object }): string[] {
  return Object.getOwnPropertyNames(nativeClass.prototype)
    .filter((name) => name !== 'constructor')
    .sort();
}

test('exports and methods are those that are declared', () => {
  expect(Object.keys(native).sort()).toEqual(membersOf('NativeAddon'));
  expect(methodsOf(native.Pipeline)).toEqual(membersOf('NativePipeline'));
  expect(methodsOf(native.InferenceLane)).toEqual(membersOf('NativeInferenceLane'));
});

test('a detection with everything in it, states and counters have the declared shape', async () => {
  const lane = openLane();
  const arrived = nextDetection();
  pipeline.addCamera(camera('street', clip));
  pipeline.setDemand('street', { raw: true, drawn: true, crops: true });
  await answer(lane);
  const detection = await arrived;
  expect(detection.groups[0]?.crop).toBeDefined();
  expect(differences(detection, 'DetectionEvent')).toEqual([]);
  expect(events.filter((event) => event.type === 'state').length).toBeGreaterThan(0);
  for (const event of events) expect(differences(event, 'NativeEvent')).toEqual([]);
  expect(differences(pipeline.stats(), 'PipelineStats')).toEqual([]);
  lane.close();
});

test('a camera that cannot be read has a state of the declared shape', async () => {
  const failed = new Promise<NativeEvent>((resolve) => {
    onEvent = () => {
      const last = events.at(-1);
      if (last?.type === 'state' && last.connection.state === 'failed') resolve(last);
    };
  });
  pipeline.addCamera(camera('nowhere', join(repositoryRoot, 'demo/no-such-clip.mp4')));
  expect(differences(await failed, 'StateEvent')).toEqual([]);
});

test('a first look at a file has the declared shape', async () => {
  const { url, allowFiles, transport, connectTimeoutMs, readTimeoutMs } = camera('probe', clip);
  const result = await native.probe({ url, allowFiles, transport, connectTimeoutMs, readTimeoutMs });
  expect(differences(result, 'ProbeResult')).toEqual([]);
});

test('a camera gives no further detection before the promise for its last one is settled', async () => {
  const lane = openLane();
  const counts = new Map<string, number>();
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const seen = (cameraId: string, times: number) =>
    new Promise<void>((resolve) => {
      onEvent = () => {
        const last = events.at(-1);
        if (last?.type !== 'detection') return undefined;
        counts.set(last.cameraId, (counts.get(last.cameraId) ?? 0) + 1);
        if ((counts.get(cameraId) ?? 0) >= times) resolve();
        return last.cameraId === 'patient' ? held : undefined;
      };
    });
  const playing = { intervalMs: 0, decodePolicy: 'all', playback: 'every-frame', maxReuseMs: 0 } as const;
  const first = seen('patient', 1);
  pipeline.addCamera({ ...camera('patient', clip), ...playing });
  await answer(lane);
  await first;
  // Were it not held, the first camera would have its share of these.
  const others = seen('other', 50);
  pipeline.addCamera({ ...camera('other', clip), ...playing });
  for (let batch = 0; batch < 50; batch += 1) await answer(lane);
  await others;
  expect(counts.get('patient')).toBe(1);
  const second = seen('patient', 2);
  letGo();
  const answering = (async () => {
    while (await lane.next()) lane.complete(twoPeople, rows, 2);
  })();
  await second;
  await pipeline.close();
  await answering;
});

test('a run that does not come back is abandoned: its worker is sent away, another one goes on', async () => {
  const stuck = openLane();
  pipeline.addCamera(camera('street', clip));
  expect(await stuck.next()).not.toBeNull();
  expect(pipeline.stats().oldestRunMs).toBeGreaterThanOrEqual(0);
  expect(pipeline.abandonRuns(3_600_000)).toBe(0);
  expect(pipeline.abandonRuns(0)).toBe(1);
  const arrived = nextDetection();
  const lane = openLane();
  await answer(lane);
  expect((await arrived).objects).toHaveLength(2);
  stuck.complete(twoPeople, rows, 2);
  expect(await stuck.next()).toBeNull();
  expect(pipeline.stats().failedBatches).toBe(1);
  lane.close();
});

test('a zone that is none is refused by the name of what is wrong, when a camera is added and when it is tuned', () => {
  const zoned = (zone: unknown) => ({ intervalMs: 100, priority: 1, zones: [zone] }) as unknown as NativeCameraOptions;
  const triangle = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  const wrong = [
    [{ kind: 'exclude', points: triangle }, /expected kind to be one of ignore include, received a string/],
    [{ kind: 'ignore' }, /expected points to be an array, received nothing/],
    [
      { kind: 'ignore', points: [[0, 1.5]] },
      /expected points to be \[x, y\], each from 0 to 1, received the number 1.5/,
    ],
    [7, /expected zones to be an array of objects, received the number 7/],
  ] as const;
  pipeline.addCamera({ ...camera('street', clip), ...zoned({ kind: 'include', points: triangle }) });
  for (const [zone, message] of wrong) {
    expect(() => pipeline.addCamera({ ...camera('other', clip), ...zoned(zone) })).toThrow(message);
    expect(() => pipeline.tuneCamera('street', zoned(zone))).toThrow(message);
  }
  expect(() => pipeline.tuneCamera('street', { intervalMs: 0, priority: 1 })).toThrow(/intervalMs.*greater than 0/);
  expect(() => pipeline.tuneCamera('nowhere', { intervalMs: 100, priority: 1 })).toThrow(/no camera "nowhere"/);
  pipeline.tuneCamera('street', { intervalMs: 250, priority: 2 });
  expect(pipeline.stats().cameras).toMatchObject([{ cameraId: 'street', configuredIntervalMs: 250 }]);
});
