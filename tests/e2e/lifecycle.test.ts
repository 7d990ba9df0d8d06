/** Starting, stopping, and leaving nothing behind. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
/** The promise of an orderly stop. */
const stopLimitMs = 5000;
/** Over a thousand cycles: far below what one leaked frame a cycle would cost. */
const maxGrowthMiB = 40;

let appliance: Appliance | undefined;
afterEach(async () => {
  await appliance?.stop();
  appliance = undefined;
});

function threadsAndFiles(pid: number): { threads: number; files: number } {
  return { threads: readdirSync(`/proc/${pid}/task`).length, files: readdirSync(`/proc/${pid}/fd`).length };
}

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

describe('the service', () => {
  it('stops within five seconds of SIGTERM with cameras and viewers on it, and tells the viewers', async () => {
    const cameras = Array.from({ length: 20 }, (_, index) => ({
      id: index,
      url: index % 2 ? walkers : 'rtsp://127.0.0.1:9/x',
    }));
    appliance = await Appliance.start({ allowFiles: true, cameras });
    const viewer = await Viewer.connect(appliance.url);
    viewer.send('start_stream', { cameraId: 1, rtspUrl: walkers });
    await viewer.waitFor('detection_result');
    const closed = new Promise<number>((resolve) => viewer.socket.once('close', resolve));
    const { code, tookMs } = await appliance.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(stopLimitMs);
    expect(await closed).toBe(1001);
  });

  it('refuses a port that is taken, in words', async () => {
    appliance = await Appliance.start();
    const second = Appliance.start({}, {}, appliance.port);
    await expect(second).rejects.toThrow(new RegExp(`cannot listen on 127\\.0\\.0\\.1:${appliance.port}`));
  });

  it('leaves no thread, file or memory behind after many starts and stops of a camera', async () => {
    // One worker: the second one's model takes its memory whenever it happens to run first.
    appliance = await Appliance.start({
      allowFiles: true,
      server: { maxMessagesPerSecond: 10_000 },
      detector: { workers: 1 },
    });
    const pid = appliance.process.pid as number;
    const viewer = await Viewer.connect(appliance.url, 'frames=none&events=state');
    await viewer.waitFor('connection_ack');
    const cycle = async (times: number) => {
      for (let i = 0; i < times; i += 1) {
        viewer.messages.length = 0;
        viewer.send('start_stream', { cameraId: 'cycle', rtspUrl: walkers });
        await viewer.waitFor('camera_state', (data) => data.state === 'live');
        viewer.send('stop_stream', { cameraId: 'cycle' });
        await viewer.waitFor('stream_stopped');
      }
    };
    await cycle(200);
    const before = { ...threadsAndFiles(pid), residentMiB: residentMiB(pid) };
    await cycle(1000);
    await vi.waitFor(() => {
      const after = threadsAndFiles(pid);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(after.files).toBeLessThanOrEqual(before.files);
    });
    expect(residentMiB(pid) - before.residentMiB).toBeLessThan(maxGrowthMiB);
  });

  it('runs what its configuration names without any viewer', async () => {
    appliance = await Appliance.start({
      allowFiles: true,
      cameras: [{ id: 'gate', url: walkers }],
      analysis: { intervalMs: 500 },
    });
    const viewer = await Viewer.connect(appliance.url, 'events=state&frames=none');
    await viewer.waitFor('camera_state', (state) => state.cameraId === 'gate' && state.state === 'live');
    const listed = await (await fetch(`${appliance.url}/api/cameras`)).json();
    expect(listed).toMatchObject({ code: 0 });
    expect(JSON.stringify(listed)).toContain('gate');
  });
});
