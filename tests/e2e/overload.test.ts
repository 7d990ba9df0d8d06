/** More to do than the model can do: told alike by log, health, metrics, API and page, and shared out among the cameras. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { launchChromium, openPage } from './support/browser.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const cameraCount = 6;
const intervalMs = 100;

let appliance: Appliance;
beforeEach(async () => {
  appliance = await Appliance.start({
    allowFiles: true,
    analysis: { intervalMs },
    // One thread for a large input: no machine does 60 of these a second.
    detector: { workers: 1, threadsPerWorker: 1, maxBatch: 1, inputSize: 1280, providers: ['cpu'], precision: 'fp32' },
    cameras: Array.from({ length: cameraCount }, (_, index) => ({
      id: `cam${index}`,
      url: walkers,
      ...(index === 0 ? { priority: 10 } : {}),
    })),
  });
});
afterEach(() => appliance.stop());

interface Listed {
  readonly cameraId: string;
  readonly intervalMs: number;
  readonly configuredIntervalMs: number;
  readonly analysed: number;
}

async function data<Data>(path: string): Promise<Data> {
  return ((await (await fetch(`${appliance.url}/api/${path}`)).json()) as { data: Data }).data;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${appliance.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

it('stretches the intervals of all cameras alike, by their priority, and says so everywhere', async () => {
  await vi.waitFor(async () => {
    const { load } = await data<{ load: { stretch: number } }>('health/health_check');
    expect(load.stretch).toBeGreaterThan(1.5);
  }, 30_000);
  expect(appliance.log).toContainEqual(
    expect.objectContaining({ level: 'warn', code: 'overloaded', msg: expect.stringContaining('stretched') }),
  );
  expect(await metric('pipeline_interval_stretch')).toBeGreaterThan(1);
  // Again, where the list was made while the stretch changed.
  await vi.waitFor(async () => {
    const [preferred, ...others] = (await data<{ cameras: Listed[] }>('cameras')).cameras;
    expect(new Set(others.map((camera) => camera.intervalMs)).size).toBe(1);
    const stretched = others[0]?.intervalMs ?? 0;
    expect(stretched).toBeGreaterThan(intervalMs);
    expect(preferred?.intervalMs).toBeLessThan(stretched);
  }, 30_000);
  expect(await metric('analysis_interval_seconds{camera_id="cam1"}')).toBeGreaterThan(intervalMs / 1000);
  // Nobody starves.
  await vi.waitFor(async () => {
    const listed = await data<{ cameras: Listed[] }>('cameras');
    for (const camera of listed.cameras) expect(camera.analysed).toBeGreaterThan(2);
  }, 30_000);

  const browser = await launchChromium();
  const { page } = await openPage(browser);
  await page.goto(appliance.url);
  expect(await page.getByTestId('overloaded').textContent()).toMatch(
    /^Too much to do: cameras are analysed up to [\d.]+ times as rarely as configured$/,
  );
  expect(await page.locator('[data-camera-id="cam1"] [data-testid="stretched"]').textContent()).toMatch(
    /^every [\d.]+ s instead of 0.1 s$/,
  );
  await browser.close();
});
