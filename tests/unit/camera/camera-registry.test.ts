import { beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { CameraRegistry, type CameraWatcher } from '../../../src/camera/camera-registry.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { RoadwatchError } from '../../../src/errors.ts';
import type { ConnectionState, DetectionEvent, PictureDemand } from '../../../src/native.ts';
import { detection, FakeEngine } from '../../support/fake-engine.ts';

const gateUrl = 'rtsp://camera.example/gate';
const noPictures: PictureDemand = { raw: false, drawn: false, crops: false };
const live: ConnectionState = { state: 'live', sinceMs: 5 };

class Watcher implements CameraWatcher {
  readonly pictures: PictureDemand;
  readonly detections: DetectionEvent[] = [];
  readonly stops: string[] = [];
  readonly refusals: unknown[] = [];

  constructor(pictures: Partial<PictureDemand> = {}) {
    this.pictures = { ...noPictures, ...pictures };
  }

  onDetection(event: DetectionEvent): void {
    this.detections.push(event);
  }

  onStopped(cameraId: string, reason: string): void {
    this.stops.push(`${cameraId}: ${reason}`);
  }

  onRefused(cameraId: string, error: unknown): void {
    this.refusals.push([cameraId, error]);
  }
}

let engine: FakeEngine;
let cropsOnBus: boolean;

beforeEach(() => {
  engine = new FakeEngine();
  cropsOnBus = false;
});

function registryOf(config: z.input<typeof configSchema> = {}): CameraRegistry {
  return new CameraRegistry({ engine, config: configSchema.parse(config), cropsWanted: () => cropsOnBus });
}

function codeOf(call: () => void): string {
  try {
    call();
  } catch (error) {
    if (error instanceof RoadwatchError) return error.code;
    throw error;
  }
  return 'none';
}

describe('viewers of one camera', () => {
  test('share it, and each gets its detections', () => {
    const registry = registryOf();
    const [first, second, elsewhere] = [new Watcher(), new Watcher(), new Watcher()];
    registry.start('gate', gateUrl, first);
    registry.start('gate', gateUrl, second);
    registry.start('yard', 'rtsp://camera.example/yard', elsewhere);
    expect(engine.calls).toEqual(['add gate', 'add yard']);
    const event = detection('gate');
    registry.handleDetection(event);
    expect([first.detections, second.detections, elsewhere.detections]).toEqual([[event], [event], []]);
  });

  test('end it when the last one leaves, and not before', () => {
    const registry = registryOf();
    const [first, second] = [new Watcher(), new Watcher()];
    registry.start('gate', gateUrl, first);
    registry.start('gate', gateUrl, second);
    registry.unwatch('gate', first);
    expect(engine.calls).toEqual(['add gate']);
    registry.leave(second);
    expect(engine.calls).toEqual(['add gate', 'remove gate']);
    expect(registry.list()).toEqual([]);
  });

  test('that ask twice count once', () => {
    const registry = registryOf();
    const watcher = new Watcher();
    registry.start('gate', gateUrl, watcher);
    registry.start('gate', gateUrl, watcher);
    registry.handleDetection(detection('gate'));
    expect(watcher.detections).toHaveLength(1);
    registry.unwatch('gate', watcher);
    expect(engine.calls).toEqual(['add gate', 'remove gate']);
    expect(registry.list()).toEqual([]);
  });

  test('leave all of their cameras at once when they go', () => {
    const registry = registryOf();
    const watcher = new Watcher();
    registry.start('gate', gateUrl, watcher);
    registry.start('yard', 'rtsp://camera.example/yard', watcher);
    registry.leave(watcher);
    expect(engine.calls.slice(2)).toEqual(['remove gate', 'remove yard']);
  });
});

describe('a camera of the configuration', () => {
  const config = { cameras: [{ id: 'gate', url: gateUrl, name: 'Gate', intervalMs: 500 }] };
  const yard = configSchema.parse({ cameras: [{ id: 'yard', url: 'rtsp://camera.example/yard' }] }).cameras;

  test('runs as configured, and stays when its last viewer leaves', () => {
    const registry = registryOf();
    registry.keep(configSchema.parse(config).cameras);
    expect(engine.cameras.get('gate')).toMatchObject({
      url: gateUrl,
      intervalMs: 500,
      transport: 'tcp',
      decodePolicy: 'auto',
      priority: 1,
      maxReuseMs: 0,
      playback: 'live',
    });
    const watcher = new Watcher();
    registry.watch('gate', watcher);
    expect(registry.list()).toMatchObject([{ cameraId: 'gate', name: 'Gate', configured: true, viewers: 1 }]);
    registry.leave(watcher);
    expect(engine.calls).toEqual(['add gate']);
    expect(registry.list()).toMatchObject([{ cameraId: 'gate', viewers: 0, stats: { analysed: 3 } }]);
  });

  test('that the engine refuses is told, and keeps no other from running', () => {
    engine.refusals.set(gateUrl, new RoadwatchError('bad-url', 'expected a host'));
    const registry = registryOf();
    registry.keep([...configSchema.parse(config).cameras, ...yard]);
    expect(registry.refusalOf('gate')).toEqual({ code: 'bad-url', message: 'expected a host' });
    expect(engine.calls).toEqual(['add yard']);
    engine.refusals.clear();
    registry.keep(configSchema.parse(config).cameras);
    expect(registry.refusalOf('gate')).toBeUndefined();
    expect(engine.cameras.has('gate')).toBe(true);
  });
});

describe('kept cameras that change', () => {
  const cameraOf = (settings: object = {}) =>
    configSchema.parse({ cameras: [{ id: 'gate', url: gateUrl, ...settings }] }).cameras;
  const yard = configSchema.parse({ cameras: [{ id: 'yard', url: 'rtsp://camera.example/yard' }] }).cameras;
  const zones = [
    {
      name: 'Pavement',
      kind: 'ignore' as const,
      points: [
        [0, 0],
        [1, 0],
        [1, 1],
      ],
    },
  ];

  function running(): CameraRegistry {
    const registry = registryOf();
    registry.keep([...cameraOf(), ...yard]);
    engine.calls.length = 0;
    return registry;
  }

  test('in interval, priority or zones are tuned, and keep their connection and viewers', () => {
    const registry = running();
    const watcher = new Watcher();
    registry.watch('gate', watcher);
    registry.keep([...cameraOf({ intervalMs: 700, priority: 2, zones }), ...yard]);
    expect(engine.calls).toEqual(['tune gate']);
    expect(engine.cameras.get('gate')).toMatchObject({
      intervalMs: 700,
      priority: 2,
      zones: [{ kind: 'ignore', points: zones[0]?.points }],
    });
    registry.handleDetection(detection('gate'));
    expect(watcher.detections).toHaveLength(1);
  });

  test('in name alone leave the engine alone', () => {
    const registry = running();
    registry.keep([...cameraOf({ name: 'Main gate' }), ...yard]);
    expect(engine.calls).toEqual([]);
    expect(registry.list()[0]?.name).toBe('Main gate');
    registry.keep([...cameraOf(), ...yard]);
    expect(registry.list()[0]).not.toHaveProperty('name');
  });

  test('in address are connected anew, for the same viewers', async () => {
    const registry = running();
    const watcher = new Watcher({ raw: true });
    registry.watch('gate', watcher);
    registry.keep([...cameraOf({ url: 'rtsp://camera.example/other' }), ...yard]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.calls).toEqual(['remove gate', 'add gate']);
    expect(engine.cameras.get('gate')?.url).toBe('rtsp://camera.example/other');
    expect(engine.demands.get('gate')?.raw).toBe(true);
    expect(watcher.stops).toEqual([]);
    registry.handleDetection(detection('gate'));
    expect(watcher.detections).toHaveLength(1);
  });

  test('and are not kept any more stop, whoever looks on', () => {
    const registry = running();
    const watcher = new Watcher();
    const states: unknown[] = [];
    registry.onState((cameraId, connection) => states.push([cameraId, connection]));
    registry.watch('gate', watcher);
    registry.keep(yard);
    expect(engine.calls).toEqual(['remove gate']);
    expect(watcher.stops).toEqual(['gate: it was removed or switched off']);
    expect(states).toEqual([['gate', undefined]]);
    expect(registry.list().map(({ cameraId }) => cameraId)).toEqual(['yard']);
  });

  test('in order are listed so', () => {
    const registry = running();
    registry.keep([...yard, ...cameraOf()]);
    expect(engine.calls).toEqual([]);
    expect(registry.list().map(({ cameraId, position }) => [cameraId, position])).toEqual([
      ['gate', 1],
      ['yard', 0],
    ]);
  });

  test('take over one that a viewer has started, if it has the same address', () => {
    const registry = registryOf();
    const watcher = new Watcher();
    registry.start('gate', gateUrl, watcher);
    registry.keep(cameraOf({ intervalMs: 700 }));
    expect(engine.calls).toEqual(['add gate', 'tune gate']);
    registry.leave(watcher);
    expect(engine.cameras.has('gate')).toBe(true);
  });

  test('that found no room run when a viewer’s camera makes some', () => {
    const registry = registryOf({ maxCameras: 2 });
    const watcher = new Watcher();
    registry.start('passing', 'rtsp://camera.example/passing', watcher);
    registry.keep([...cameraOf(), ...yard]);
    expect(registry.refusalOf('yard')?.code).toBe('too-many-cameras');
    registry.unwatch('passing', watcher);
    expect(registry.refusalOf('yard')).toBeUndefined();
    expect(engine.calls).toEqual(['add passing', 'add gate', 'remove passing', 'add yard']);
  });

  test('replace one that a viewer has started with another address, and tell it', async () => {
    const registry = registryOf();
    const watcher = new Watcher();
    registry.start('gate', 'rtsp://camera.example/else', watcher);
    registry.keep(cameraOf());
    await new Promise((resolve) => setImmediate(resolve));
    expect(watcher.stops).toEqual(['gate: a camera that is kept has this id now']);
    expect(engine.calls).toEqual(['add gate', 'remove gate', 'add gate']);
    expect(engine.cameras.get('gate')?.url).toBe(gateUrl);
  });
});

describe('what is refused', () => {
  test('another address under the id of a camera that runs', () => {
    const registry = registryOf();
    registry.start('gate', gateUrl, new Watcher());
    const other = new Watcher();
    expect(codeOf(() => registry.start('gate', 'rtsp://elsewhere.example/', other))).toBe('camera-conflict');
    registry.handleDetection(detection('gate'));
    expect(other.detections).toEqual([]);
  });

  test('more cameras than may run; one that leaves makes room', () => {
    const registry = registryOf({ maxCameras: 2 });
    const [first, second] = [new Watcher(), new Watcher()];
    registry.start('1', 'rtsp://camera.example/1', first);
    registry.start('2', 'rtsp://camera.example/2', second);
    expect(codeOf(() => registry.start('3', 'rtsp://camera.example/3', second))).toBe('too-many-cameras');
    registry.leave(first);
    registry.start('3', 'rtsp://camera.example/3', second);
    expect(registry.list().map((camera) => camera.cameraId)).toEqual(['2', '3']);
  });

  test('to look at, or away from, a camera that does not run or is not looked at', () => {
    const registry = registryOf();
    registry.start('gate', gateUrl, new Watcher());
    expect(codeOf(() => registry.watch('yard', new Watcher()))).toBe('unknown-camera');
    expect(codeOf(() => registry.unwatch('yard', new Watcher()))).toBe('unknown-camera');
    expect(codeOf(() => registry.unwatch('gate', new Watcher()))).toBe('unknown-camera');
    expect(engine.calls).toEqual(['add gate']);
  });

  test('an address that the engine refuses leaves nothing behind', () => {
    const registry = registryOf();
    engine.refusals.set('ftp://x', new RoadwatchError('scheme-refused', 'no'));
    expect(codeOf(() => registry.start('gate', 'ftp://x', new Watcher()))).toBe('scheme-refused');
    expect(registry.list()).toEqual([]);
    registry.start('gate', gateUrl, new Watcher());
    expect(engine.calls).toEqual(['add gate']);
  });
});

describe('a camera whose predecessor of the same id is being removed', () => {
  const newUrl = 'rtsp://camera.example/new-gate';
  let registry: CameraRegistry;
  let watcher: Watcher;

  beforeEach(() => {
    registry = registryOf();
    engine.holdRemovals = true;
    watcher = new Watcher({ drawn: true });
    registry.start('gate', gateUrl, watcher);
    registry.leave(watcher);
  });

  test('starts when that is done, with the pictures that are wanted by then', async () => {
    registry.start('gate', newUrl, watcher);
    expect(engine.calls).toEqual(['add gate', 'remove gate']);
    await engine.finishRemovals();
    expect(engine.calls).toEqual(['add gate', 'remove gate', 'add gate']);
    expect(engine.cameras.get('gate')?.url).toBe(newUrl);
    expect(engine.demands.get('gate')).toEqual({ ...noPictures, drawn: true });
  });

  test("does not get the other's last frames and states", async () => {
    registry.start('gate', newUrl, watcher);
    registry.handleDetection(detection('gate'));
    registry.handleState('gate', live);
    expect(watcher.detections).toEqual([]);
    expect(registry.connectionOf('gate')).toBeUndefined();
    await engine.finishRemovals();
    registry.handleDetection(detection('gate'));
    expect(watcher.detections).toHaveLength(1);
  });

  test('never starts when it is not wanted any more', async () => {
    registry.start('gate', newUrl, watcher);
    registry.leave(watcher);
    await engine.finishRemovals();
    expect(engine.calls).toEqual(['add gate', 'remove gate']);
  });

  test('starts once, however often it was wanted and left meanwhile', async () => {
    registry.start('gate', gateUrl, watcher);
    registry.leave(watcher);
    registry.start('gate', newUrl, watcher);
    await engine.finishRemovals();
    expect(engine.calls).toEqual(['add gate', 'remove gate', 'add gate']);
    expect(engine.cameras.get('gate')?.url).toBe(newUrl);
  });

  test('tells its watchers when the engine refuses it then', async () => {
    const refusal = new RoadwatchError('bad-url', 'expected a host');
    engine.refusals.set(newUrl, refusal);
    registry.start('gate', newUrl, watcher);
    await engine.finishRemovals();
    expect(watcher.refusals).toEqual([['gate', refusal]]);
    expect(watcher.stops).toEqual([]);
    expect(registry.list()).toEqual([]);
  });
});

describe('pictures are made', () => {
  test('only those that somebody who looks on wants', () => {
    const registry = registryOf();
    const [plain, raw, drawn] = [new Watcher(), new Watcher({ raw: true }), new Watcher({ drawn: true, crops: true })];
    registry.start('gate', gateUrl, plain);
    expect(engine.demands.get('gate')).toEqual(noPictures);
    registry.watch('gate', raw);
    expect(engine.demands.get('gate')).toEqual({ ...noPictures, raw: true });
    registry.watch('gate', drawn);
    expect(engine.demands.get('gate')).toEqual({ raw: true, drawn: true, crops: true });
    registry.unwatch('gate', raw);
    expect(engine.demands.get('gate')).toEqual({ raw: false, drawn: true, crops: true });
    registry.leave(drawn);
    expect(engine.demands.get('gate')).toEqual(noPictures);
  });

  test('of groups also for the bus, from the next frame after its reader came', () => {
    const registry = registryOf();
    registry.start('gate', gateUrl, new Watcher());
    cropsOnBus = true;
    registry.handleDetection(detection('gate'));
    expect(engine.demands.get('gate')).toEqual({ ...noPictures, crops: true });
    cropsOnBus = false;
    registry.handleDetection(detection('gate'));
    expect(engine.demands.get('gate')).toEqual(noPictures);
  });

  test('raw in the place of drawn where the server does not draw', () => {
    const registry = registryOf({ serverDrawEnabled: false });
    registry.start('gate', gateUrl, new Watcher({ drawn: true }));
    expect(engine.demands.get('gate')).toEqual({ ...noPictures, raw: true });
  });
});

test('states are told of every camera that runs, and that it went', () => {
  const registry = registryOf();
  const told: unknown[] = [];
  const forget = registry.onState((cameraId, connection) => told.push([cameraId, connection]));
  const watcher = new Watcher();
  registry.start('gate', gateUrl, watcher);
  registry.handleState('gate', live);
  registry.handleState('nobody', live);
  expect(registry.connectionOf('gate')).toEqual(live);
  registry.leave(watcher);
  expect(told).toEqual([
    ['gate', live],
    ['gate', undefined],
  ]);
  forget();
  registry.start('yard', gateUrl, watcher);
  registry.handleState('yard', live);
  expect(told).toHaveLength(2);
});

test('closing tells every watcher and lets nothing more start', () => {
  const registry = registryOf();
  const watcher = new Watcher();
  registry.start('gate', gateUrl, watcher);
  registry.close('the service is stopping');
  expect(watcher.stops).toEqual(['gate: the service is stopping']);
  expect(codeOf(() => registry.start('yard', gateUrl, watcher))).toBe('closed');
});
