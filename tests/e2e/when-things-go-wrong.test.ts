/** What happens to boxes in the field, to the real program: it goes on, or says what it does without. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { everythingIsAnAlert } from './support/alert-settings.ts';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { runProgram } from './support/program.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const withCamera = { allowFiles: true, cameras: [{ id: 'gate', url: walkers }], analysis: { intervalMs: 500 } };
/** Mounts want root: CI has it. */
const canMount = process.getuid?.() === 0 || Boolean(process.env.CI);
const dayMs = 86_400_000;
const fakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

let folder: string;
let appliance: Appliance | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-wrong-'));
});
afterEach(async () => {
  await appliance?.stop();
  appliance = undefined;
  // An appliance that was started in it has taken it along.
  rmSync(folder, { recursive: true, force: true });
});

async function health(
  { url }: Appliance,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: string; alerts: { history: object; unsaved: number } }> {
  const answer = await fetch(`${url}/api/health/health_check`, { headers });
  return ((await answer.json()) as { data: never }).data;
}

describe('the clock', () => {
  it('is set forward and back while it runs: results go on, with the new time', async () => {
    const setting = join(folder, 'clock');
    writeFileSync(setting, '+0');
    appliance = await Appliance.start(withCamera, {
      LD_PRELOAD: fakeTime,
      FAKETIME_TIMESTAMP_FILE: setting,
      FAKETIME_NO_CACHE: '1',
      // As in the kernel: what is monotonic does not jump.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    const viewer = await Viewer.connect(appliance.url, 'frames=none');
    viewer.send('start_stream', { cameraId: 'gate', rtspUrl: walkers });
    const isNear = (offsetMs: number) => (data: { timestamp: string }) =>
      Math.abs(Date.parse(data.timestamp) - Date.now() - offsetMs) < 60_000;
    await viewer.waitForNext('detection_result', isNear(0));
    for (const days of [3, -3, 0]) {
      writeFileSync(setting, `${days < 0 ? '' : '+'}${days}d`);
      for (let times = 0; times < 3; times += 1) await viewer.waitForNext('detection_result', isNear(days * dayMs));
    }
    expect(appliance.log.filter(({ code }) => code === 'stage-restarted')).toEqual([]);
  });
});

describe.skipIf(!canMount)('the state folder', () => {
  it('is read-only: the box works, and says that nothing is kept', async () => {
    appliance = await Appliance.startAfter(
      'mount --bind "$STATE" "$STATE"; mount -o remount,bind,ro "$STATE"',
      withCamera,
    );
    const viewer = await Viewer.connect(appliance.url, 'frames=none');
    viewer.send('start_stream', { cameraId: 'gate', rtspUrl: walkers });
    await viewer.waitFor('detection_result');
    expect((await health(appliance)).alerts.history).toMatchObject({ kept: false, code: 'store-unwritable' });
    expect(appliance.log).toContainEqual(expect.objectContaining({ level: 'warn', code: 'marks-failed' }));
  });

  it('is on a full disk: alerts are shown and told as not stored', async () => {
    const full = 'mount -t tmpfs -o size=64k tmpfs "$STATE"; head -c 64k /dev/zero > "$STATE/filler" || true';
    // Without its accounts the box lets in only who has the token of its configuration.
    const authToken = 'token-of-a-full-disk';
    appliance = await Appliance.startAfter(full, {
      ...withCamera,
      server: { authToken },
      ...everythingIsAnAlert,
    });
    const { url } = appliance;
    const headers = { authorization: `Bearer ${authToken}` };
    await vi.waitFor(
      async () => expect(await (await fetch(`${url}/api/alerts`, { headers })).text()).toContain('"stored":false'),
      { timeout: 30_000 },
    );
    expect((await health(appliance, headers)).alerts.history).toMatchObject({ kept: false });
  });
});

describe('what is kept', () => {
  it('is damaged, all of it: put aside or begun anew, each said, and the box works', async () => {
    const config = join(folder, 'roadwatch.yaml');
    writeFileSync(config, stringify({ ...withCamera, uplink: { enabled: true, bootstrapServers: ['127.0.0.1:9'] } }));
    const state = join(folder, 'roadwatch');
    mkdirSync(state);
    const names = ['alerts.db', 'outbox.db', 'crashes.json', 'decoding.marks', 'tuning.json', 'llm-tokens.json'];
    for (const name of names) writeFileSync(join(state, name), `this is no ${name}\n`.repeat(500));
    appliance = await Appliance.startIn(folder);
    const { url, log } = appliance;
    await vi.waitFor(async () => expect(await (await fetch(`${url}/api/cameras`)).text()).toMatch(/"analysed":[1-9]/));
    const said = log.filter(({ level }) => level !== 'info').map(({ msg }) => msg);
    for (const name of ['alerts.db', 'outbox.db', 'crashes.json', 'decoding.marks']) {
      expect(said, name).toContainEqual(expect.stringContaining(name));
    }
    const kept = readdirSync(state);
    expect(kept).toContainEqual(expect.stringMatching(/^alerts\.db\.damaged-/));
    expect(kept).toContainEqual(expect.stringMatching(/^outbox\.db\.damaged-/));
    expect((await health(appliance)).alerts.history).toMatchObject({ kept: true });
  });
});

describe('the network', () => {
  it('is not there at the start: page and health are, and each connection says that it is tried again', async () => {
    const startedMs = performance.now();
    appliance = await Appliance.start({
      cameras: [{ id: 'gate', url: 'rtsp://127.0.0.1:9/gate' }],
      uplink: { enabled: true, bootstrapServers: ['127.0.0.1:9'] },
      redis: { url: 'redis://127.0.0.1:9' },
      llm: { apiKey: 'a-key-of-nobody', baseUrl: 'http://127.0.0.1:9/v1' },
    });
    expect(performance.now() - startedMs).toBeLessThan(15_000);
    expect(await health(appliance)).toMatchObject({ status: 'UP' });
    expect((await fetch(appliance.url)).status).toBe(200);
    const { url } = appliance;
    await vi.waitFor(async () => {
      const text = await (await fetch(`${url}/api/cameras`)).text();
      expect(text).toMatch(/"state":"reconnecting".*"code":"unreachable".*"nextTryMs":/);
    });
  });
});

describe('a camera', () => {
  it('changes its resolution in the middle of a stream: each frame is analysed as it is', async () => {
    const sizes = ['640x360', '1280x720', '320x240'];
    const parts = sizes.map((size, index) => {
      const part = join(folder, `${index}.ts`);
      // As of one camera: its time goes on.
      const offset = ['-output_ts_offset', String(2 * index)];
      const encode = [
        '-t',
        '2',
        '-s',
        size,
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-g',
        '25',
        '-an',
        ...offset,
        part,
      ];
      execFileSync('ffmpeg', ['-loglevel', 'error', '-i', walkers, ...encode]);
      return part;
    });
    const clip = join(folder, 'changing.ts');
    execFileSync('sh', ['-c', 'cat "$@" > "$0"', clip, ...parts]);
    const { code, stdout, stderr } = await runProgram('detect', clip, '--every', '0.5');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const seen = [...new Set(lines.map(({ imageWidth, imageHeight }) => `${imageWidth}x${imageHeight}`))];
    expect(seen).toEqual(sizes);
    for (const { detectedObjects, imageWidth, imageHeight } of lines) {
      for (const { bbox } of detectedObjects) {
        expect(bbox[2]).toBeLessThanOrEqual(imageWidth);
        expect(bbox[3]).toBeLessThanOrEqual(imageHeight);
      }
    }
    expect(lines.some(({ detectedObjects }) => detectedObjects.length > 0)).toBe(true);

    appliance = await Appliance.start({ ...withCamera, cameras: [{ id: 'gate', url: clip }] });
    const viewer = await Viewer.connect(appliance.url, 'frames=none');
    viewer.send('start_stream', { cameraId: 'gate', rtspUrl: clip });
    for (const size of sizes) {
      const [width, height] = size.split('x').map(Number);
      await viewer.waitFor('detection_result', (data) => data.imageWidth === width && data.imageHeight === height);
    }
  });
});
