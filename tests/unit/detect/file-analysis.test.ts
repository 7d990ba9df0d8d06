import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Engine, EngineListener } from '../../../src/detect/engine.ts';
import { FileAnalysis } from '../../../src/detect/file-analysis.ts';
import type { ConnectionState, DetectionEvent, NativeCameraOptions } from '../../../src/native.ts';
import { detectionTimings } from '../../support/fake-engine.ts';

/** An engine whose events the test makes. */
class ScriptedEngine implements Engine {
  readonly listener: EngineListener;
  readonly added: NativeCameraOptions[] = [];
  readonly removed: string[] = [];
  decodeErrors = 0;
  closed = false;

  constructor(listener: EngineListener) {
    this.listener = listener;
  }

  addCamera(options: NativeCameraOptions): void {
    this.added.push(options);
  }

  async removeCamera(cameraId: string): Promise<void> {
    this.removed.push(cameraId);
  }

  setDemand(): void {}

  tuneCamera(): void {}

  restartStage(): void {}

  stats() {
    const cameras = this.added.map(({ cameraId }) => ({
      cameraId,
      connection: { state: 'live', sinceMs: 0 } as const,
      quality: 'excellent' as const,
      stallsLastHour: 0,
      reconnectsLastHour: 0,
      packets: 0,
      bytes: 0,
      framesPerSecond: 0,
      bytesPerSecond: 0,
      decodeMode: 'all' as const,
      configuredIntervalMs: 0,
      intervalMs: 0,
      decoder: 'software',
      decodeMs: 0,
      framesDecoded: 0,
      decodeErrors: this.decodeErrors,
      framesOffered: 0,
      framesReplaced: 0,
      framesStale: 0,
      analysed: 0,
      reused: 0,
      busy: false,
    }));
    return { cameras, framesWaiting: 0, batches: 0, batchedFrames: 0, batchesBySize: [], failedBatches: 0, stretch: 1 };
  }

  standstills(): [] {
    return [];
  }

  details() {
    return {
      model: 'm',
      file: 'm.onnx',
      provider: 'cpu',
      precision: 'fp32',
      precisionReason: 'nothing runs',
      refused: [],
      workers: 1,
      threadsPerWorker: 1,
      maxBatch: 1,
      classNames: ['person'],
      restarts: 0,
      stuck: 0,
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  get playing(): string {
    return this.added.at(-1)?.cameraId ?? '';
  }

  frame(cameraId = this.playing): void | Promise<void> {
    return this.listener.onDetection({
      type: 'detection',
      cameraId,
      capturedAtMs: 0,
      imageWidth: 1,
      imageHeight: 1,
      objects: [],
      groups: [],
      timings: detectionTimings,
    });
  }

  state(connection: ConnectionState, cameraId = this.playing): void {
    this.listener.onState(cameraId, connection);
  }
}

let engine: ScriptedEngine;
let analysis: FileAnalysis;
let frames: DetectionEvent[];
let abort: AbortController;
/** What the writing of a frame waits for. */
let written: Promise<void>;

beforeEach(async () => {
  analysis = await FileAnalysis.start(async (listener) => {
    engine = new ScriptedEngine(listener);
    return engine;
  });
  frames = [];
  abort = new AbortController();
  written = Promise.resolve();
});

afterEach(() => analysis.close());

function analyse(file: string) {
  return analysis.analyse(file, {
    intervalMs: 500,
    drawn: false,
    signal: abort.signal,
    onFrame: async (event) => {
      frames.push(event);
      await written;
    },
  });
}

const ended: ConnectionState = { state: 'ended', sinceMs: 0 };

describe('a file', () => {
  test('is played to its end, each frame that is due, and let go', async () => {
    const done = analyse('street.mp4');
    expect(engine.added[0]).toMatchObject({ playback: 'every-frame', intervalMs: 500, allowFiles: true });
    expect(engine.added[0]?.url).toMatch(/^\/.*street\.mp4$/);
    engine.frame();
    engine.frame();
    engine.state(ended);
    expect(await done).toEqual({ frames: 2, decodeErrors: 0 });
    expect(frames).toHaveLength(2);
    expect(engine.removed).toEqual([engine.playing]);
  });

  test('with damaged frames says how many', async () => {
    const done = analyse('damaged.mp4');
    engine.frame();
    engine.decodeErrors = 3;
    engine.state(ended);
    expect(await done).toEqual({ frames: 1, decodeErrors: 3 });
  });

  test('waits for whoever writes what was found, and ends with what goes wrong there', async () => {
    let onWritten = (_error?: Error) => {};
    written = new Promise((resolve, reject) => {
      onWritten = (error) => (error === undefined ? resolve() : reject(error));
    });
    const done = analyse('street.mp4');
    let goesOn = false;
    const frame = Promise.resolve(engine.frame()).then(() => {
      goesOn = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(goesOn).toBe(false);
    onWritten(new Error('the disk is full'));
    await expect(done).rejects.toThrow('the disk is full');
    await frame;
    expect(engine.removed).toEqual([engine.playing]);
  });

  test('that cannot be read is an error with the code of its fault', async () => {
    const done = analyse('nothing.mp4');
    engine.state({
      state: 'failed',
      sinceMs: 0,
      nextTryMs: 1,
      fault: { code: 'bad-file', message: 'no video in it' },
    });
    await expect(done).rejects.toMatchObject({ code: 'bad-file', message: 'no video in it' });
    expect(engine.removed).toEqual([engine.playing]);
  });

  test('of which nothing could be decoded is an error that says why', async () => {
    const done = analyse('odd.mp4');
    const fault = { code: 'decode-failed', message: 'not a picture' };
    engine.listener.onLog({ type: 'log', level: 'warn', cameraId: engine.playing, ...fault });
    engine.state(ended);
    await expect(done).rejects.toMatchObject(fault);
  });

  test('without a single picture is an error', async () => {
    const done = analyse('empty.mp4');
    engine.state(ended);
    await expect(done).rejects.toMatchObject({ code: 'no-picture' });
  });

  test('that is ended early is let go', async () => {
    const done = analyse('long.mp4');
    engine.frame();
    abort.abort();
    await expect(done).rejects.toMatchObject({ code: 'interrupted' });
    expect(engine.removed).toEqual([engine.playing]);
  });
});

test('late events of the file before are not told of the next', async () => {
  const first = analyse('a.mp4');
  const firstId = engine.playing;
  engine.frame();
  engine.state(ended);
  await first;
  const second = analyse('b.mp4');
  engine.frame(firstId);
  engine.frame();
  engine.state(ended);
  expect(await second).toEqual({ frames: 1, decodeErrors: 0 });
});
