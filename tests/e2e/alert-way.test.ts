/// <reference lib="dom" />
/**
 * The whole way of an assessment, as an operator goes it: a real camera, detection, a group, a model's answer, an alert on the
 * page, the operator's word, a power cut, and the history after it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RtspServer } from '../support/rtsp-server.ts';
import { Appliance, freePort, repositoryRoot } from './support/appliance.ts';
import { launchChromium, openPage } from './support/browser.ts';
import { FakeLlm } from './support/fake-llm.ts';
import { writeKeyFile } from './support/key-file.ts';
import { metricsOf, readingOf, sumOf } from './support/metrics.ts';
import { Viewer } from './support/viewer.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');
const secret = 'fake-key-1';
const description = 'made-up answer: the risk is high';
/** Of the fake provider, on average. */
const latencySeconds = 0.15;

let folder: string;
let rtsp: RtspServer;
let provider: FakeLlm;
let appliance: Appliance;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadwatch-alert-way-'));
  const keysFile = join(folder, 'api_keys.yaml');
  [rtsp, provider, browser] = await Promise.all([
    RtspServer.start({ files: [walkers], count: 1 }),
    FakeLlm.start('--risk', 'high', '--latency-ms', String(latencySeconds * 1000)),
    launchChromium(),
  ]);
  await writeKeyFile(keysFile, provider.baseUrl, [{ id: 'north', key: secret }]);
  const settings = {
    cameras: [{ id: 'gate', url: rtsp.url(1), name: 'North gate' }],
    analysis: { intervalMs: 700 },
    // A machine with much else to do is given the time to answer.
    risk: { cooldownMs: 500, deadlineMs: 20_000 },
    llm: { keysFile },
  };
  appliance = await Appliance.start(settings, {}, await freePort());
  ({ page } = await openPage(browser));
  await page.goto(appliance.url);
});
afterAll(async () => {
  await browser?.close();
  await appliance?.stop();
  await provider?.kill();
  await rtsp?.close();
  await rm(folder, { recursive: true });
});

/** The pixels of a card's picture; 0 while it is not there. */
function pictureWidth(card: Locator): Promise<number> {
  return card.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
}

async function keysOf({ url }: Appliance) {
  const { data } = await (await fetch(`${url}/api/keys`)).json();
  return data.keys as { id: string; calls: number; successes: number; tokensToday: number }[];
}

describe('a danger', () => {
  let alertId: string;
  const card = () => page.locator(`[data-alert-id="${alertId}"]`);

  it('that the model sees stands on the page, with picture and reasons', async () => {
    const first = page.locator('[data-testid="alert"][data-level="high"]', { hasText: description }).first();
    await first.waitFor();
    alertId = (await first.getAttribute('data-alert-id')) as string;
    expect(await card().locator('h3').textContent()).toBe('North gate');
    await expect.poll(() => pictureWidth(card())).toBeGreaterThan(20);
    expect(await card().locator('.reasons li').allTextContents()).toContain('too close');
    await card().locator('.thumb').click();
    const details = page.getByTestId('details');
    expect(await details.locator('dd').allTextContents()).toContain('fake-vl');
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'detached' });
  });

  it('is on the WebSocket as the contract has it', async () => {
    const viewer = await Viewer.connect(appliance.url, 'frames=none');
    viewer.send('watch', { cameraId: 'gate' });
    const { data } = await viewer.waitFor('detection_result', ({ llmModel }) => llmModel === 'fake-vl');
    viewer.close();
    expect(data).toMatchObject({ cameraId: 'gate', hasDangerousDriving: true, maxRiskLevel: 'high' });
    expect(data.dangerousDrivingResults.length).toBeGreaterThan(0);
    for (const result of data.dangerousDrivingResults) {
      expect(result).toMatchObject({ groupIndex: expect.any(Number), triggerObjectIds: expect.any(Array) });
      expect(['low', 'medium', 'high']).toContain(result.riskLevel);
      expect(result.confidence).toBeGreaterThanOrEqual(0);
      expect(result.confidence).toBeLessThanOrEqual(1);
      expect(result.riskTypes.length).toBeGreaterThan(0);
      expect(result.dangerObjectCount).toBeGreaterThanOrEqual(result.triggerObjectIds.length);
    }
    // The others belong to the first, which is the most dangerous.
    expect(data.dangerousDrivingResults[0]).toMatchObject({ description, riskLevel: 'high', source: 'model' });
    expect(data.dangerousDrivingResults[0].riskTypes).toContain('close_proximity');
    expect(data.llmLatency).toBeGreaterThan(latencySeconds / 4);
    expect(data.llmLatency).toBeLessThan(20);
    expect(JSON.parse(data.llmRawText).results).toContainEqual(
      expect.objectContaining({ riskLevel: 'high', confidence: 0.9 }),
    );
  });

  it('is in the metrics, which agree with what the provider has counted', async () => {
    const before = await provider.statistics();
    const metrics = await metricsOf(appliance);
    const after = await provider.statistics();
    const answered = readingOf(metrics, 'llm_requests_total{key_id="north",outcome="answered",purpose="first"}');
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThanOrEqual(after.answered);
    expect(sumOf(metrics, 'llm_requests_total')).toBeLessThanOrEqual(after.requests);
    expect(readingOf(metrics, 'api_key_total_calls{key_id="north"}')).toBeGreaterThanOrEqual(before.requests);
    expect(readingOf(metrics, 'llm_latency_seconds_sum') / answered).toBeGreaterThan(latencySeconds / 2);
    expect(readingOf(metrics, 'llm_token_usage_total{type="prompt"}')).toBeGreaterThan(1000);
    expect(readingOf(metrics, 'api_key_pool_size')).toBe(1);
    expect(readingOf(metrics, 'api_key_status{key_id="north"}')).toBe(1);
    expect(readingOf(metrics, 'api_key_success_rate{key_id="north"}')).toBe(1);
    expect(readingOf(metrics, 'api_key_cooldown_seconds{key_id="north"}')).toBe(0);
    const processed = readingOf(metrics, 'tasks_processed_total');
    expect(processed).toBeGreaterThan(0);
    expect(readingOf(metrics, 'tasks_generated_total')).toBeGreaterThanOrEqual(processed);
    expect(readingOf(metrics, 'task_queue_size')).toBeGreaterThanOrEqual(0);
    expect(readingOf(metrics, 'risk_alerts_total{risk_level="high"}')).toBeGreaterThan(0);
    expect(readingOf(metrics, 'risk_types_detected_total{risk_type="close_proximity"}')).toBeGreaterThan(0);
    expect(metrics).not.toContain(secret);
  });

  it('was judged with the key that the keys panel shows', async () => {
    expect(await page.getByTestId('judge-name').textContent()).toBe('fake-vl');
    await page.getByTestId('keys-button').click();
    expect(await page.getByTestId('judge').locator('.headline').textContent()).toBe('fake-vl judges');
    const key = page.locator('[data-testid="key"][data-key-id="north"][data-tone="good"]');
    await key.waitFor();
    const shown = async (name: string) =>
      (await key.locator('dl > div', { hasText: name }).locator('dd').textContent())?.replaceAll(',', '');
    const callsBefore = (await keysOf(appliance))[0]?.calls ?? 0;
    // Looked at anew every two seconds.
    await expect.poll(async () => Number(await shown('Calls'))).toBeGreaterThanOrEqual(callsBefore);
    const [after] = await keysOf(appliance);
    expect(Number(await shown('Calls'))).toBeLessThanOrEqual(after?.calls ?? 0);
    expect(await shown('Answered')).toBe('100 %');
    expect(await shown('95 % within')).toMatch(/^\d+ ms$|^\d(\.\d)? s$/);
    expect(Number(await shown('Tokens today'))).toBeGreaterThan(1000);
    expect(await key.textContent()).toContain('fake-vl at fake, quota group account-1');
    expect(await page.content()).not.toContain(secret);
    expect(JSON.stringify(await keysOf(appliance))).not.toContain(secret);
    await page.keyboard.press('Escape');
    await page.getByTestId('keys').waitFor({ state: 'detached' });
  });

  it('that the operator has acknowledged stays so, and in the history, after the service was killed', async () => {
    await card().getByTestId('acknowledge').click();
    await card().waitFor({ state: 'detached' });
    await appliance.kill();
    await page.locator('[data-connection="lost"]').waitFor();
    expect(await page.locator('[data-camera-id="gate"]').getAttribute('data-state')).toBe('unknown');
    appliance = await appliance.startAgain();
    await page.locator('[data-connection="connected"]').waitFor();
    await page.getByText('History', { exact: true }).click();
    await card().waitFor();
    expect(await card().getAttribute('data-acknowledged')).toBe('true');
    expect(await card().textContent()).toMatch(/Acknowledged \d\d:\d\d:\d\d/);
    expect(await card().locator('.why').textContent()).toBe(description);
    await page.reload();
    await page.getByText('History', { exact: true }).click();
    await card().waitFor();
    expect(await card().getAttribute('data-acknowledged')).toBe('true');
    await expect.poll(() => pictureWidth(card())).toBeGreaterThan(20);
    const response = await fetch(`${appliance.url}/api/alerts?acknowledged=true`);
    const { data } = await response.json();
    expect(data.alerts).toContainEqual(
      expect.objectContaining({ id: alertId, verdict: 'seen', level: 'high', source: 'model', model: 'fake-vl' }),
    );
    expect(JSON.stringify(appliance.log)).not.toContain(secret);
  });
});
