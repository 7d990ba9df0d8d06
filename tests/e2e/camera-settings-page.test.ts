/// <reference lib="dom" />
/** Cameras set up by an operator in a real browser: from an empty box to a live picture, and on from there. */
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { RtspServer } from '../support/rtsp-server.ts';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { launchChromium, openPage } from './support/browser.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');

let browser: Browser;
let page: Page;
let errors: readonly string[];
let appliance: Appliance;
let rtsp: RtspServer;

beforeAll(async () => {
  browser = await launchChromium();
  rtsp = await RtspServer.start({ files: [walkers], count: 2, user: 'admin', password: 'p@ss' });
});
afterAll(async () => {
  await browser.close();
  await rtsp.close();
});

beforeEach(async () => {
  appliance = await Appliance.start({ analysis: { intervalMs: 700 } });
  ({ page, errors } = await openPage(browser));
  await page.goto(appliance.url);
});
afterEach(async () => {
  await page.close();
  await appliance.stop();
});

async function keptCameras(): Promise<Record<string, unknown>[]> {
  const answer = await (await fetch(`${appliance.url}/api/camera-settings`)).json();
  return (answer as { data: { cameras: Record<string, unknown>[] } }).data.cameras;
}

async function keep(id: string, url = rtsp.url(1, 'admin:p%40ss@')): Promise<void> {
  const body = JSON.stringify({ id, url });
  await fetch(`${appliance.url}/api/cameras`, { method: 'POST', body });
}

function settings(): Locator {
  return page.getByTestId('camera-settings');
}

it('an empty box leads to its first camera: tested, with what is wrong in words, and live in less than a minute', async () => {
  const startedMs = performance.now();
  await page.getByTestId('first-camera').click();
  await page.locator('input[name="address"]').fill(rtsp.url(1));
  await page.locator('input[name="user"]').fill('admin');
  await page.locator('input[name="password"]').fill('wrong');
  await page.getByTestId('test-camera').click();
  const result = page.getByTestId('test-result');
  await page.locator('[data-testid="test-result"][data-state="bad"]').waitFor();
  expect(await result.textContent()).toMatch(/User name or password is wrong/);
  await page.locator('input[name="password"]').fill('p@ss');
  await page.getByTestId('test-camera').click();
  await page.locator('[data-testid="test-result"][data-state="good"]').waitFor();
  expect(await result.textContent()).toMatch(/768 × 576.*every (1\.9|2|2\.1) s/);
  expect(await result.locator('[data-code="keyframes-rare"]').textContent()).toMatch(/GOP.*7 frames/);
  const shown = await result
    .locator('img')
    .evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth));
  expect(shown).toBe(768);
  await page.locator('input[name="name"]').fill('Street');
  await page.getByTestId('save-camera').click();
  await page.locator('[data-camera-id="1"][data-state="live"] [data-has-picture="true"]').waitFor();
  expect(performance.now() - startedMs).toBeLessThan(60_000);
  await page.locator('[data-camera-id="1"] h2').getByText('Street', { exact: true }).waitFor();
  expect(await keptCameras()).toMatchObject([{ id: '1', name: 'Street', url: rtsp.url(1, '***@') }]);
  expect(errors).toEqual([]);
});

it('zones are drawn with the mouse and by keyboard, and are there again when the camera is edited once more', async () => {
  await keep('street');
  await page.locator('[data-camera-id="street"] [data-has-picture="true"]').waitFor();
  await page.getByRole('button', { name: 'Edit street' }).click();
  await settings().getByTestId('add-zone').click();
  const corner = (number: number) => settings().getByRole('button', { name: `Corner ${number} of Zone 1` });
  await page.locator('[data-testid="zone-picture"] img').evaluate((image: HTMLImageElement) => image.decode());
  // Hovering scrolls, so the picture is measured afterwards.
  await corner(1).hover();
  const area = await page.locator('[data-testid="zone-picture"] svg').boundingBox();
  if (!area) throw new Error('no picture to draw on');
  await page.mouse.down();
  await page.mouse.move(area.x + area.width * 0.1, area.y + area.height * 0.2, { steps: 5 });
  await page.mouse.up();
  await corner(3).focus();
  for (let turn = 0; turn < 6; turn += 1) await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('ArrowLeft');
  await corner(2).focus();
  await page.keyboard.press('Enter');
  await corner(5).focus();
  await page.keyboard.press('Delete');
  await settings().getByLabel('What the zone does').selectOption('ignore');
  await page.getByTestId('save-camera').click();
  await page.locator('[data-testid="kept-camera"]').getByText('1 zone').waitFor();
  const [camera] = await keptCameras();
  const [zone] = (camera?.zones ?? []) as { kind: string; points: [number, number][] }[];
  expect(zone?.kind).toBe('ignore');
  const points = zone?.points ?? [];
  expect(points).toHaveLength(4);
  expect(points[0]?.[0]).toBeCloseTo(0.1, 1);
  expect(points[0]?.[1]).toBeCloseTo(0.2, 1);
  expect(points.slice(1)).toEqual([
    [0.7, 0.3],
    [0.695, 0.65],
    [0.69, 1],
  ]);
  await settings().getByRole('button', { name: 'Edit street' }).click();
  expect(await settings().getByTestId('corner').count()).toBe(4);
  expect(errors).toEqual([]);
});

it('cameras are ordered by keyboard, edited and removed', async () => {
  await keep('a');
  await keep('b', rtsp.url(2, 'admin:p%40ss@'));
  await page.getByTestId('cameras').click();
  await settings().getByRole('button', { name: 'Move b up' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await keptCameras()).map(({ id }) => id)).toEqual(['b', 'a']);
  await settings().getByRole('button', { name: 'Edit a' }).click();
  await page.locator('input[name="interval"]').fill('0.9');
  await page.getByTestId('save-camera').click();
  await expect.poll(async () => (await keptCameras())[1]?.intervalMs).toBe(900);
  await settings().getByRole('button', { name: 'Remove b' }).click();
  await page.getByTestId('remove-camera').click();
  await expect.poll(async () => (await keptCameras()).map(({ id }) => id)).toEqual(['a']);
  await page.keyboard.press('Escape');
  await page.locator('[data-testid="camera"][data-camera-id="b"]').waitFor({ state: 'detached' });
  await page.locator('[data-testid="camera"][data-camera-id="a"][data-state="live"]').waitFor();
});

it('what the appliance refuses is told beside the form, in Chinese too; all of it fits a phone', async () => {
  await keep('street');
  await page.getByTestId('language').click();
  await page.getByTestId('add').click();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('input[name="address"]').fill(rtsp.url(2));
  await settings().locator('summary').click();
  await page.locator('input[name="cameraId"]').fill('street');
  await page.getByTestId('save-camera').click();
  await page.locator('[data-testid="refusal"][data-code="camera-exists"]').waitFor();
  expect(await page.getByTestId('refusal').last().textContent()).toBe('已有相同编号的摄像头。');
  await page.locator('input[name="address"]').fill('http://camera.example/');
  await page.getByTestId('save-camera').click();
  await page.locator('[data-testid="refusal"][data-code="bad-camera"]').waitFor();
  expect(await page.getByTestId('refusal').last().textContent()).toMatch(/^url: expected rtsp:/);
  const overflow = await page.evaluate(() => {
    const dialog = document.querySelector('dialog');
    return [document.documentElement.scrollWidth - innerWidth, (dialog?.scrollWidth ?? 0) - (dialog?.clientWidth ?? 0)];
  });
  expect(Math.max(...overflow)).toBeLessThanOrEqual(0);
});
