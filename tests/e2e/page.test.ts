/// <reference lib="dom" />
/** The operator's page in a real browser, on real footage. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RtspServer } from '../support/rtsp-server.ts';
import { Appliance, freePort, repositoryRoot } from './support/appliance.ts';
import { launchChromium, openPage } from './support/browser.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');

let browser: Browser;
let page: Page;
let appliance: Appliance;
let rtsp: RtspServer;
let pageErrors: readonly string[];

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

beforeEach(async () => {
  rtsp = await RtspServer.start({ files: [walkers], count: 2 });
  appliance = await Appliance.start({
    allowFiles: true,
    analysis: { intervalMs: 700 },
    source: { readTimeoutMs: 1500 },
    cameras: [
      { id: 'street', url: walkers, name: 'Street' },
      { id: 'gate', url: rtsp.url(1) },
    ],
  });
  ({ page, errors: pageErrors } = await openPage(browser));
  await page.addInitScript(() => {
    const sockets: WebSocket[] = [];
    Object.assign(window, { sockets });
    const Original = window.WebSocket;
    window.WebSocket = class extends Original {
      constructor(url: string | URL) {
        super(url);
        sockets.push(this);
      }
    };
  });
  await page.goto(appliance.url);
});
afterEach(async () => {
  await page.close();
  await appliance.stop();
  await rtsp.close();
});

function tile(cameraId: string) {
  return page.locator(`[data-camera-id="${cameraId}"]`);
}

/** The picture that is shown, as the sum of its samples: another frame has another sum. */
function pictureSum(cameraId: string): Promise<number> {
  return tile(cameraId)
    .locator('[data-testid="picture"]')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      let sum = 0;
      for (let i = 0; i < data.length; i += 4) sum += data[i] as number;
      return sum;
    });
}

/** Ends the page's WebSocket under it, as a network does that goes away. */
async function breakConnection(): Promise<void> {
  await tile('street').locator('[data-has-picture="true"]').waitFor();
  const lost = page.locator('[data-connection="lost"]').waitFor();
  await page.evaluate(() => (window as unknown as { sockets: WebSocket[] }).sockets.at(-1)?.close());
  await lost;
}

describe('the page', () => {
  it('shows every camera with a picture that changes', async () => {
    await tile('street').locator('[data-has-picture="true"]').waitFor();
    await tile('gate').locator('[data-has-picture="true"]').waitFor();
    expect(await tile('street').locator('h2').textContent()).toBe('Street');
    await expect.poll(() => pictureSum('street')).toBeGreaterThan(0);
    const first = await pictureSum('street');
    await expect.poll(() => pictureSum('street'), { timeout: 10_000 }).not.toBe(first);
    expect(pageErrors).toEqual([]);
  });

  it('draws the boxes of the message that belongs to the picture, on people', async () => {
    // What the socket carries, kept beside the page's own handling of it.
    await page.addInitScript(() => {
      const results: unknown[] = [];
      Object.assign(window, { results });
      const Original = window.WebSocket;
      window.WebSocket = class extends Original {
        constructor(url: string | URL) {
          super(url);
          this.addEventListener('message', ({ data }) => {
            if (typeof data === 'string' && data.includes('"detection_result"')) results.push(JSON.parse(data).data);
          });
        }
      };
    });
    await page.reload();
    await tile('street').locator('[data-testid="overlay"][data-timestamp]').waitFor();
    const report = await page.evaluate(() => {
      const shown = document.querySelector<HTMLCanvasElement>('[data-camera-id="street"] [data-testid="overlay"]');
      const results = (
        window as unknown as { results: { timestamp: string; detectedObjects: { class: string; bbox: number[] }[] }[] }
      ).results;
      const result = results.find((one) => one.timestamp === shown?.dataset.timestamp);
      const context = shown?.getContext('2d');
      if (!result || !context || !shown) return undefined;
      const opaque = (x: number, y: number) => (context.getImageData(x, y, 1, 1).data[3] ?? 0) > 200;
      // The middle of a box's right edge, give or take a line's width: labels stand at its top.
      const onEdges = result.detectedObjects.filter(({ bbox: [, y1 = 0, x2 = 0, y2 = 0] }) =>
        [-2, -1, 0, 1, 2].some((aside) =>
          opaque(Math.min(shown.width - 1, Math.round(x2) + aside), Math.round((y1 + y2) / 2)),
        ),
      );
      return {
        size: [shown.width, shown.height],
        people: result.detectedObjects.filter((one) => one.class === 'person').length,
        objects: result.detectedObjects.length,
        drawn: onEdges.length,
        emptyCorner: opaque(5, 570),
      };
    });
    expect(report?.size).toEqual([768, 576]);
    expect(report?.people).toBeGreaterThan(0);
    expect(report?.drawn).toBe(report?.objects);
    expect(report?.emptyCorner).toBe(false);
  });

  it('says of a dead camera what is wrong, and shows it again when it is back', async () => {
    await tile('gate').locator('[data-has-picture="true"]').waitFor();
    const { port } = rtsp;
    await rtsp.close();
    await page.locator('[data-camera-id="gate"][data-state="reconnecting"]').waitFor();
    expect(await tile('gate').locator('[data-testid="state"]').textContent()).toMatch(/^Reconnecting since \d/);
    await expect
      .poll(() => tile('gate').locator('[data-testid="fault"]').textContent())
      .toMatch(/cannot be reached.*next try in/);
    expect(await tile('street').getAttribute('data-state')).toBe('live');
    rtsp = await RtspServer.start({ files: [walkers], count: 2, port });
    await page.locator('[data-camera-id="gate"][data-state="live"]').waitFor();
  });

  it('lets a camera stop that a viewer has started', async () => {
    const other = await Viewer.connect(appliance.url, 'frames=none');
    other.send('start_stream', { cameraId: 'new', rtspUrl: rtsp.url(2) });
    await tile('new').locator('[data-has-picture="true"]').waitFor();
    await tile('new').getByRole('button', { name: /^Stop/ }).click();
    await page.locator('dialog').getByRole('button', { name: 'Stop' }).click();
    await tile('new').waitFor({ state: 'detached' });
    other.close();
  });

  it('speaks Chinese, and fits a phone', async () => {
    await page.getByTestId('language').click();
    await expect.poll(() => page.getByTestId('live').textContent()).toMatch(/路摄像头在线/);
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it('shows a camera that somebody else adds after the connection broke and came back', async () => {
    await breakConnection();
    await page.locator('[data-connection="connected"]').waitFor();
    const other = await Viewer.connect(appliance.url, 'frames=none');
    other.send('start_stream', { cameraId: 'later', rtspUrl: rtsp.url(2) });
    await page.locator('[data-camera-id="later"][data-state="live"]').waitFor();
    await tile('later').locator('[data-has-picture="true"]').waitFor();
    // It goes with the last one who wants it: the page looks on.
    other.close();
    await expect.poll(() => pictureSum('later')).toBeGreaterThan(0);
    expect(await tile('street').getAttribute('data-state')).toBe('live');
  });

  it('finds the appliance again after it was away', async () => {
    await appliance.stop();
    const port = await freePort();
    const settings = { allowFiles: true, cameras: [{ id: 'street', url: walkers }] };
    appliance = await Appliance.start(settings, {}, port);
    await page.goto(appliance.url);
    await tile('street').locator('[data-has-picture="true"]').waitFor();
    await appliance.stop();
    await page.locator('[data-connection="lost"]').waitFor();
    appliance = await Appliance.start(settings, {}, port);
    await page.locator('[data-connection="connected"]').waitFor();
    await page.locator('[data-camera-id="street"][data-state="live"]').waitFor();
  });
});
