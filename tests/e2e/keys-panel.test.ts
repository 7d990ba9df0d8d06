/// <reference lib="dom" />
/** What the page says of who judges: without a key, with one that was revoked, without its provider, and how it is read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Appliance, repositoryRoot } from './support/appliance.ts';
import { launchChromium, openPage } from './support/browser.ts';
import { FakeLlm } from './support/fake-llm.ts';
import { writeKeyFile } from './support/key-file.ts';
import { metricsOf, readingOf } from './support/metrics.ts';

const good = { id: 'north', key: 'fake-key-1' };
const revoked = { id: 'old', key: 'revoked-key-9' };

let browser: Browser;
let page: Page;
let errors: readonly string[];
let provider: FakeLlm;
let appliance: Appliance;
let folder: string;
let keysFile: string;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadwatch-keys-panel-'));
  keysFile = join(folder, 'api_keys.yaml');
  provider = await FakeLlm.start('--latency-ms', '50');
  appliance = await Appliance.start({
    allowFiles: true,
    cameras: [{ id: 'street', url: join(repositoryRoot, 'demo/street-walkers.mp4') }],
    analysis: { intervalMs: 500 },
    risk: { cooldownMs: 300, deadlineMs: 20_000, reuse: { enabled: false } },
    llm: { keysFile, maxGroupsPerRequest: 1 },
  });
  ({ page, errors } = await openPage(browser));
  await page.goto(appliance.url);
});
afterEach(async () => {
  await page.close();
  await appliance.stop();
  await provider.kill();
  await rm(folder, { recursive: true });
});

const judge = () => page.getByTestId('judge');
const key = (id: string) => page.locator(`[data-testid="key"][data-key-id="${id}"]`);
const openPanel = () => page.getByTestId('keys-button').click();
const says = (text: RegExp) => expect.poll(() => judge().textContent(), { timeout: 20_000 }).toMatch(text);

it('without a key says that local rules judge alone, and uses a key as soon as there is one', async () => {
  await expect.poll(() => page.getByTestId('judge-name').textContent()).toBe('Local rules');
  await openPanel();
  await says(/^Local rules alone judgeThere is no API key: groups are judged by local rules alone\./);
  await expect
    .poll(async () => Number(await judge().locator('[data-judged-by="rules"] dd').textContent()))
    .toBeGreaterThan(0);
  expect(await page.getByTestId('key').count()).toBe(0);
  await writeKeyFile(keysFile, provider.baseUrl, [good]);
  await says(/^fake-vl judges/);
  await key('north').waitFor();
  expect(await page.getByTestId('judge-name').textContent()).toBe('fake-vl');
  expect(errors).toEqual([]);
});

it('names a key that is not accepted, why, and until when it rests; the others go on', async () => {
  await writeKeyFile(keysFile, provider.baseUrl, [revoked, good]);
  await openPanel();
  await page.locator('[data-key-id="old"][data-condition="quarantined"]').waitFor();
  const words = await key('old').textContent();
  expect(words).toMatch(
    /Not accepted.*does not know this key, or has revoked it.*Next try at \d\d:\d\d:\d\d, in \d+ s/,
  );
  expect(words).toContain('status 401: Incorrect API key provided.');
  expect(await page.getByTestId('keys-usable').textContent()).toBe('1 of 2 can be used');
  await says(/^fake-vl judges/);
  expect(readingOf(await metricsOf(appliance), 'api_key_status{key_id="old"}')).toBe(0);
  expect(await page.content()).not.toContain(revoked.key);
});

it('says what is wrong with a file of keys that cannot be used, and that the keys stay', async () => {
  await writeKeyFile(keysFile, provider.baseUrl, [good]);
  await openPanel();
  await key('north').waitFor();
  await writeFile(keysFile, 'api_keys:\n  - { id: north, api_key: fake-key-1, colour: red }\n');
  const problem = page.getByTestId('key-file-problem');
  await expect
    .poll(() => problem.textContent())
    .toMatch(/still those from before.*api_keys\.yaml:2 .*colour.*no such/s);
  expect(await key('north').count()).toBe(1);
  await writeKeyFile(keysFile, provider.baseUrl, [good, { id: 'south', key: 'fake-key-1' }]);
  await key('south').waitFor();
  expect(await problem.count()).toBe(0);
});

it('says that local rules judge while the provider is down, and the model again when it is back', async () => {
  await writeKeyFile(keysFile, provider.baseUrl, [good]);
  await openPanel();
  await says(/^fake-vl judges/);
  await provider.kill();
  await says(/^Local rules alone judgeNone of the API keys can be used at present \((Endpoint fails|Being tried): 1\)/);
  await page.locator('[data-rest="fake"][data-condition="resting"]').waitFor();
  await expect
    .poll(() => page.getByTestId('rests').textContent())
    .toMatch(/The provider cannot be reached\..*ECONNREFUSED/);
  // Also where nobody has the panel open.
  expect(await page.getByTestId('judge-name').textContent()).toBe('Local rules');
  provider = await FakeLlm.start('--port', provider.port);
  await says(/^fake-vl judges/);
});

it('is opened, read and closed with the keyboard, in Chinese, on a phone', async () => {
  await writeKeyFile(keysFile, provider.baseUrl, [
    good,
    { id: 'a-name-that-is-as-long-as-names-of-keys-may-be', key: 'x-key' },
  ]);
  await page.getByTestId('language').click();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByTestId('keys-button').focus();
  await page.keyboard.press('Enter');
  await key('north').waitFor();
  await says(/^由 fake-vl 判断/);
  // What is told of a key that is refused makes the list longer: after that it stays as it is.
  await page.locator('[data-key-id^="a-name"][data-condition="quarantined"]').waitFor();
  const list = page.locator('.keys .list');
  expect(await list.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press('End');
  await expect
    .poll(() => list.evaluate((element) => element.scrollTop + element.clientHeight >= element.scrollHeight - 1))
    .toBe(true);
  const overflow = await page.evaluate(() =>
    [document.documentElement, ...Array.from(document.querySelectorAll('.keys, .keys *'))].filter(
      (element) => element.getBoundingClientRect().right > window.innerWidth,
    ),
  );
  expect(overflow).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('keys').waitFor({ state: 'detached' });
  expect(await page.getByTestId('keys-button').evaluate((button) => button === document.activeElement)).toBe(true);
});

it.each(['dark', 'light'])('is read well by those who see little: %s', async (theme) => {
  await writeKeyFile(keysFile, provider.baseUrl, [revoked, good]);
  await openPanel();
  await page.locator('[data-key-id="old"][data-condition="quarantined"]').waitFor();
  await page.evaluate((name) => {
    document.documentElement.dataset.theme = name;
  }, theme);
  const faint = await page.evaluate(faintTexts);
  expect(faint).toEqual([]);
});

/** Texts of the panel and its button whose contrast (WCAG 2.2, 1.4.3) is below 4.5. Runs in the page. */
function faintTexts(): string[] {
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor;
  };
  const texts = Array.from(document.querySelectorAll('.keys *, .key-button, .key-button *')).filter((element) =>
    Array.from(element.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== ''),
  );
  if (texts.length < 20) return [`only ${texts.length} texts were found`];
  return texts.flatMap((element) => {
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return contrast < 4.5 ? `${element.textContent}: ${contrast.toFixed(2)}` : [];
  });
}
