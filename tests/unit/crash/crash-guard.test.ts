import { describe, expect, it } from 'vitest';
import type { CrashBook, SetAside } from '../../../src/crash/crash-book.ts';
import { CrashGuard } from '../../../src/crash/crash-guard.ts';
import type { ConnectionState, NativeCameraOptions } from '../../../src/native.ts';
import { FakeEngine } from '../../support/fake-engine.ts';

const options: NativeCameraOptions = {
  cameraId: 'gate',
  url: 'rtsp://user:secret@192.0.2.1/',
  allowFiles: false,
  transport: 'tcp',
  connectTimeoutMs: 5000,
  readTimeoutMs: 5000,
  intervalMs: 1800,
  priority: 1,
  maxReuseMs: 0,
  decodePolicy: 'auto',
  hardwareDecode: 'none',
  playback: 'live',
};

/** A guard before a book that has one camera, as long as it is decoded in one way. */
function guard(verdict: SetAside | undefined = { sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5), crashes: 3 }) {
  const engine = new FakeEngine();
  const states: [string, ConnectionState][] = [];
  const seen = new Set<string>();
  const book = {
    verdict: (cameraId: string, settings: string) => {
      seen.add(settings);
      return cameraId === 'gate' && seen.size === 1 ? verdict : undefined;
    },
  } as CrashBook;
  const guarded = new CrashGuard(engine, book, (cameraId, state) => void states.push([cameraId, state]));
  return { engine, guarded, states, seen };
}

describe('a camera that is set aside', () => {
  it('does not get into the engine, and is told as failed, without a next try', async () => {
    const { engine, guarded, states } = guard();
    guarded.addCamera(options);
    expect(states).toEqual([]);
    await Promise.resolve();
    const connection = {
      state: 'failed',
      sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      fault: {
        code: 'set-aside-after-crashes',
        message:
          'the program ended 3 times while it decoded this camera, at last 2026-01-02T03:04:05.000Z: it is left out until it is changed, or another version runs',
      },
    };
    expect(states).toEqual([['gate', connection]]);
    expect(guarded.stats().cameras).toMatchObject([{ cameraId: 'gate', connection, analysed: 0 }]);
    expect(engine.calls).toEqual([]);
  });

  it('may be looked at, started anew by the watchdog and removed like any other', async () => {
    const { engine, guarded, states } = guard();
    guarded.addCamera(options);
    guarded.setDemand('gate', { raw: true, drawn: false, crops: false });
    guarded.restartStage('gate', 'source');
    expect(() => guarded.addCamera(options)).toThrow('camera "gate" runs already');
    await guarded.removeCamera('gate');
    await Promise.resolve();
    expect([states, engine.calls, guarded.stats().cameras]).toEqual([[], [], []]);
  });

  it('runs once it is decoded otherwise; its address alone is not kept readable', async () => {
    const { engine, guarded, seen } = guard();
    guarded.addCamera(options);
    await guarded.removeCamera('gate');
    guarded.addCamera({ ...options, decodePolicy: 'keyframes' });
    expect(engine.calls).toEqual(['add gate']);
    expect(seen.size).toBe(2);
    for (const settings of seen) expect(settings).toMatch(/^[\w-]{16}$/);
  });

  it('is the same whatever does not change how it is decoded', () => {
    const { engine, guarded } = guard();
    guarded.addCamera(options);
    void guarded.removeCamera('gate');
    guarded.addCamera({ ...options, intervalMs: 500, priority: 2 });
    expect(engine.calls).toEqual([]);
  });
});

it('leaves all others to the engine', async () => {
  const { engine, guarded } = guard();
  guarded.addCamera({ ...options, cameraId: 'door' });
  guarded.setDemand('door', { raw: true, drawn: false, crops: false });
  expect(guarded.stats().cameras.map(({ cameraId }) => cameraId)).toEqual(['door']);
  expect(engine.demands.get('door')).toEqual({ raw: true, drawn: false, crops: false });
  await guarded.removeCamera('door');
  expect(engine.calls).toEqual(['add door', 'remove door']);
});
