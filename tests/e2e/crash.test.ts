/** A native crash: the service comes back by itself (package.test.ts), knows what it decoded, and leaves that out in the end. */
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { native } from '../../src/native.ts';
import { Appliance, freePort, repositoryRoot } from './support/appliance.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
/** Every frame of the one is decoded; the other sends none. */
const settings = {
  allowFiles: true,
  cameras: [
    { id: 'gate', url: walkers, intervalMs: 100, decodePolicy: 'all' },
    { id: 'door', url: 'rtsp://127.0.0.1:9/nobody' },
  ],
};

let appliance: Appliance | undefined;
afterEach(async () => {
  await appliance?.stop();
  appliance = undefined;
});

/** Faults the process in the middle of decoding a camera. */
async function crashWhileDecoding(running: Appliance, cameraId: string): Promise<void> {
  const marks = join(running.stateFolder, 'decoding.marks');
  await vi.waitFor(
    () => {
      running.process.kill('SIGSTOP');
      try {
        expect(native.decodeSuspects(marks)).toEqual([cameraId]);
        running.process.kill('SIGSEGV');
      } finally {
        running.process.kill('SIGCONT');
      }
    },
    { timeout: 20_000, interval: 3 },
  );
  await vi.waitFor(() => expect(running.process.signalCode).toBe('SIGSEGV'));
}

async function stateOf(running: Appliance, cameraId: string): Promise<unknown> {
  const answer = await fetch(`${running.url}/api/cameras`);
  const { data } = (await answer.json()) as { data: { cameras: { cameraId: string }[] } };
  return data.cameras.find((camera) => camera.cameraId === cameraId);
}

describe('a camera whose decoding crashes the service three times', () => {
  it('is named each time, then set aside with the reason, and runs again when it is changed', async () => {
    appliance = await Appliance.start(settings, {}, await freePort());
    for (const count of [1, 2, 3]) {
      await crashWhileDecoding(appliance, 'gate');
      appliance = await appliance.startAgain();
      expect(appliance.log).toContainEqual(
        expect.objectContaining({ level: 'error', code: 'crashed', cameraId: 'gate', count }),
      );
    }
    const fault = { code: 'set-aside-after-crashes', message: expect.stringContaining('3 times') };
    expect(await stateOf(appliance, 'gate')).toMatchObject({ state: 'failed', reason: fault, analysed: 0 });
    expect(await stateOf(appliance, 'gate')).not.toHaveProperty('nextTryMs');
    expect(appliance.log).toContainEqual(
      expect.objectContaining({ level: 'warn', code: fault.code, cameraId: 'gate' }),
    );
    expect(await stateOf(appliance, 'door')).toMatchObject({ reason: { code: 'unreachable' } });

    await appliance.kill();
    const changed = settings.cameras.map((camera) => ({ ...camera, decodePolicy: 'keyframes' }));
    appliance = await appliance.startAgain({ ...settings, cameras: changed });
    const { url } = appliance;
    await vi.waitFor(async () => {
      expect(await (await fetch(`${url}/api/cameras`)).text()).toMatch(/"cameraId":"gate","state":"live"/);
    });
  });

  it('is not blamed by a service that is told to end, in the middle of decoding or not', async () => {
    appliance = await Appliance.start(settings, {}, await freePort());
    for (let times = 0; times < 3; times += 1) {
      const { url, process } = appliance;
      await vi.waitFor(async () => {
        expect(await (await fetch(`${url}/api/cameras`)).text()).toMatch(/"cameraId":"gate","state":"live"/);
      });
      const ended = once(process, 'exit');
      process.kill('SIGTERM');
      await ended;
      appliance = await appliance.startAgain();
    }
    expect(appliance.log.filter(({ code }) => code === 'crashed')).toEqual([]);
  });
});
