import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { BadCameraError } from '../../../src/camera/check-camera.ts';
import { KeptCameras } from '../../../src/camera/kept-cameras.ts';
import { CameraStore } from '../../../src/camera/store/camera-store.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { realClock } from '../../../src/time/clock.ts';

const gate = { id: 'gate', url: 'rtsp://user:secret@camera.example/gate' };
const yard = { id: 'yard', url: 'rtsp://camera.example/yard' };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(config: z.input<typeof configSchema> = {}): Promise<KeptCameras> {
  const store = new CameraStore({
    path: join(folder, 'cameras.json'),
    clock: realClock,
    onTrouble: (code, message) => {
      throw new Error(`${code}: ${message}`);
    },
  });
  return KeptCameras.open({ store, config: configSchema.parse(config) });
}

async function problemsOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof BadCameraError ? error.problems : error;
}

const idsOf = (kept: KeptCameras) => kept.all.map(({ camera }) => camera.id);

describe('a camera that is added', () => {
  test('is there for whoever opens next, with its defaults, and is told at once', async () => {
    const kept = await open();
    let told = 0;
    kept.onChange(() => {
      told += 1;
    });
    await kept.add({ ...gate, intervalMs: 500, name: ' Main gate ' });
    expect(told).toBe(1);
    expect((await open()).all).toEqual([
      { camera: { ...gate, name: 'Main gate', intervalMs: 500, enabled: true, zones: [] }, origin: 'store' },
    ]);
  });

  test('is refused with every setting that does not fit: which, what came, what was expected', async () => {
    const kept = await open();
    const bad = {
      id: '-gate',
      url: 'http://user:secret@camera.example/',
      intervalMs: 20,
      priorty: 2,
      zones: [
        { name: 'Road', kind: 'exclude', points: [[0, 0]] },
        {
          name: 'Line',
          kind: 'ignore',
          points: [
            [0, 0],
            [0.5, 0.5],
            [1, 1],
          ],
        },
        {
          name: 'Off',
          kind: 'ignore',
          points: [
            [0, 0],
            [1, 0],
            [1, 1.2],
          ],
        },
      ],
    };
    expect(await problemsOf(kept.add(bad))).toEqual([
      {
        field: 'id',
        message:
          'expected a number, or up to 64 letters, digits, ".", "_", ":" and "-", the first a letter or digit, received "-gate"',
      },
      { field: 'intervalMs', message: 'expected a whole number from 40 to 3600000 ms, received 20' },
      { field: 'zones[0].kind', message: 'expected one of include, ignore, received "exclude"' },
      {
        field: 'zones[0].points',
        message:
          'expected a list of 3 to 32 corners [x, y], each from 0 to 1, not all on one line, received a list of 1',
      },
      {
        field: 'zones[1].points',
        message:
          'expected a list of 3 to 32 corners [x, y], each from 0 to 1, not all on one line, received a list of 3',
      },
      { field: 'zones[2].points[2][1]', message: 'expected a number from 0 to 1, received 1.2' },
      { field: 'priorty', message: 'no such setting; did you mean priority?' },
    ]);
    expect(await problemsOf(kept.add({ ...gate, url: 'http://user:secret@camera.example/' }))).toEqual([
      { field: 'url', message: 'expected rtsp:// or rtsps://, received "http://***@camera.example/"' },
    ]);
    expect(await problemsOf(kept.add('gate'))).toMatchObject([
      { field: '', message: expect.stringMatching(/settings/) },
    ]);
    expect(idsOf(kept)).toEqual([]);
  });

  test('is refused where its id is taken, be it by the configuration file', async () => {
    const kept = await open({ cameras: [gate] });
    await kept.add(yard);
    await expect(kept.add(yard)).rejects.toMatchObject({ code: 'camera-exists' });
    await expect(kept.add(gate)).rejects.toMatchObject({ code: 'camera-exists' });
  });

  test('is refused where there are as many as there may be', async () => {
    const kept = await open({ maxCameras: 2, cameras: [gate] });
    await kept.add(yard);
    await expect(kept.add({ ...yard, id: 'third' })).rejects.toMatchObject({ code: 'too-many-cameras' });
    // What is there can still be changed.
    await kept.edit('yard', { name: 'Yard' });
  });

  test('may be a file only where the configuration allows files', async () => {
    const file = { id: 'clip', url: 'clips/a.mp4' };
    expect(await problemsOf((await open()).add(file))).toMatchObject([{ field: 'url' }]);
    await (await open({ allowFiles: true })).add(file);
  });
});

describe('a camera that is edited', () => {
  test('changes what was named, and loses what is null', async () => {
    const kept = await open();
    await kept.add({ ...gate, name: 'Gate', intervalMs: 500, priority: 2 });
    const { camera } = await kept.edit('gate', { intervalMs: 900, priority: null, enabled: false });
    expect(camera).toEqual({ ...gate, name: 'Gate', intervalMs: 900, enabled: false, zones: [] });
    expect(kept.wanted).toEqual([]);
  });

  test('keeps its password where the address comes as it was shown, and on no other host', async () => {
    const kept = await open();
    await kept.add(gate);
    await kept.edit('gate', { url: 'rtsp://***@camera.example/other' });
    expect(kept.find('gate')?.camera.url).toBe('rtsp://user:secret@camera.example/other');
    expect(await problemsOf(kept.edit('gate', { url: 'rtsp://***@thief.example/other' }))).toMatchObject([
      { field: 'url', message: expect.not.stringContaining('secret') },
    ]);
    expect(await problemsOf(kept.add({ id: 'new', url: 'rtsp://***@camera.example/' }))).toMatchObject([
      { field: 'url' },
    ]);
  });

  test('stays what it was when the change does not fit', async () => {
    const kept = await open();
    await kept.add(gate);
    expect(await problemsOf(kept.edit('gate', { id: 'other' }))).toMatchObject([{ field: 'id' }]);
    expect(await problemsOf(kept.edit('gate', { url: null }))).toMatchObject([{ field: 'url' }]);
    expect(await problemsOf(kept.edit('gate', [1]))).toMatchObject([{ field: '' }]);
    await expect(kept.edit('nowhere', {})).rejects.toMatchObject({ code: 'unknown-camera' });
    expect(kept.all).toEqual([{ camera: { ...gate, enabled: true, zones: [] }, origin: 'store' }]);
  });
});

describe('cameras of the configuration file', () => {
  test('run, and are changed there alone', async () => {
    const kept = await open({ cameras: [gate] });
    expect(kept.wanted.map(({ id }) => id)).toEqual(['gate']);
    await expect(kept.edit('gate', { name: 'x' })).rejects.toMatchObject({ code: 'from-file' });
    await expect(kept.remove('gate')).rejects.toMatchObject({ code: 'from-file' });
  });

  test('count where one of the same id is kept, which is told, can be removed, and comes back when the file lets go', async () => {
    await (await open()).add({ ...gate, url: 'rtsp://camera.example/kept' });
    const both = await open({ cameras: [gate] });
    expect(both.all.map(({ origin, shadowed }) => [origin, shadowed])).toEqual([
      ['file', undefined],
      ['store', true],
    ]);
    expect(both.wanted.map(({ url }) => url)).toEqual([gate.url]);
    expect((await open()).wanted.map(({ url }) => url)).toEqual(['rtsp://camera.example/kept']);
    await both.remove('gate');
    expect((await open()).all).toEqual([]);
  });
});

describe('the order', () => {
  test('is the one that was set, of all cameras; new ones come last', async () => {
    const kept = await open({ cameras: [gate] });
    await kept.add(yard);
    await kept.add({ ...yard, id: 'bridge' });
    expect(idsOf(kept)).toEqual(['gate', 'yard', 'bridge']);
    await kept.reorder(['bridge', 'gate']);
    expect(idsOf(kept)).toEqual(['bridge', 'gate', 'yard']);
    await kept.add({ ...yard, id: 'late' });
    expect(idsOf(await open({ cameras: [gate] }))).toEqual(['bridge', 'gate', 'yard', 'late']);
    await kept.remove('bridge');
    expect(idsOf(kept)).toEqual(['gate', 'yard', 'late']);
  });

  test('names cameras that there are, each once', async () => {
    const kept = await open({ cameras: [gate] });
    await expect(kept.reorder(['nowhere'])).rejects.toMatchObject({ code: 'bad-order' });
    await expect(kept.reorder(['gate', 'gate'])).rejects.toMatchObject({ code: 'bad-order' });
  });
});

describe('many at once', () => {
  const cameras = configSchema.parse({ cameras: [gate, yard] }).cameras;

  test('are kept all or none', async () => {
    const kept = await open();
    await kept.add(yard);
    await expect(kept.addAll(cameras, false)).rejects.toMatchObject({ code: 'camera-exists', message: /yard/ });
    expect(idsOf(kept)).toEqual(['yard']);
    await kept.addAll(cameras, true);
    expect(idsOf(kept)).toEqual(['yard', 'gate']);
  });

  test('that come without their passwords have the ones that are known', async () => {
    const kept = await open();
    await kept.add(gate);
    const shown = configSchema.parse({ cameras: [{ ...gate, url: 'rtsp://***@camera.example/gate', name: 'G' }] });
    await kept.addAll(shown.cameras, true);
    expect(kept.find('gate')?.camera).toMatchObject({ url: gate.url, name: 'G' });
    await kept.remove('gate');
    expect(await problemsOf(kept.addAll(shown.cameras, true))).toMatchObject([{ field: 'url' }]);
  });
});
