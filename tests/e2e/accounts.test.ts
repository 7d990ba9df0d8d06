/// <reference lib="dom" />
/** Accounts in a real browser, on the real program: from the first run to a session that ends, in both languages. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Appliance, mainFile } from './support/appliance.ts';
import { launchChromium, openPage } from './support/browser.ts';

const password = 'correct horse battery';

let browser: Browser;
let page: Page;
let appliance: Appliance;
let errors: readonly string[];

beforeAll(async () => {
  [browser, appliance] = await Promise.all([launchChromium(), Appliance.start({ server: { host: '127.0.0.1' } })]);
  ({ page, errors } = await openPage(browser));
  await page.addInitScript(() => {
    const violations: string[] = [];
    Object.assign(window, { violations });
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      violations.push(`${violatedDirective} ${blockedURI}`);
    });
  });
  await page.goto(appliance.url);
});
afterAll(async () => {
  await page.close();
  await browser.close();
  await appliance.stop();
});

const byId = (id: string) => page.locator(`[data-testid="${id}"]`);

/** `roadwatch accounts …` beside the service that runs; `input` is its stdin. */
async function accounts(args: readonly string[], input = ''): Promise<string> {
  const child = spawn(process.execPath, [mainFile, 'accounts', ...args], {
    cwd: appliance.folder,
    env: { PATH: process.env.PATH, XDG_STATE_HOME: appliance.folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`accounts ${args.join(' ')} ended with ${code}: ${said}`);
  return said;
}

async function logIn(name: string, secret = password): Promise<void> {
  await page.locator('input[name="username"]').fill(name);
  await page.locator('input[name="password"]').fill(secret);
  await page.keyboard.press('Enter');
}

it('shows everything to who is at the machine, until he makes the administrator', async () => {
  await byId('account').click();
  expect(await byId('who').textContent()).toBe('This machine · Administrator');
  const form = byId('first-run');
  await form.locator('input[name="username"]').fill('Anna');
  await form.locator('input[name="new-password"]').fill(password);
  await form.locator('input[name="again"]').fill('something else');
  expect(await byId('first-run-fault').textContent()).toBe('The two passwords differ.');
  await form.locator('input[name="again"]').fill(password);
  await page.keyboard.press('Enter');
  await page.locator('.account-button', { hasText: 'Anna' }).waitFor();
  const file = await stat(join(appliance.folder, 'roadwatch', 'accounts.db'));
  expect(file.mode & 0o777).toBe(0o600);
});

it('lets nobody see anything without a login, and says what is wrong with one', async () => {
  await byId('account').click();
  await byId('log-out').click();
  await byId('login').waitFor();
  expect(await page.locator('.tile, .grid').count()).toBe(0);
  await logIn('Anna', 'wrong password');
  await expect.poll(() => byId('login-fault').textContent()).toBe('The name or the password is wrong.');
  expect(await page.locator('input[name="password"]').inputValue()).toBe('');
  await byId('language').click();
  expect(await byId('login').locator('h2').textContent()).toBe('登录');
  await byId('language').click();
  await logIn('anna');
  await byId('account').waitFor();
});

it('lets administrators make accounts and tokens, and read who did what', async () => {
  await byId('account').click();
  await byId('part-accounts').click();
  const form = byId('new-account');
  await form.locator('input[name="account-name"]').fill('Vera');
  await form.locator('input[name="account-password"]').fill(password);
  await form.locator('button[type="submit"]').click();
  await byId('account-Vera').waitFor();
  await byId('part-tokens').click();
  await byId('tokens').locator('input[name="token-name"]').fill('central');
  await byId('tokens').locator('button[type="submit"]').click();
  const secret = await byId('token-secret').textContent();
  const headers = { authorization: `Bearer ${secret}` };
  expect((await fetch(`${appliance.url}/api/cameras`, { headers })).status).toBe(200);
  expect((await fetch(`${appliance.url}/api/accounts`, { headers })).status).toBe(403);
  await byId('part-audit').click();
  await byId('audit').locator('td', { hasText: 'token.add' }).waitFor();
  const actions = await byId('audit').locator('tbody tr td:nth-child(3)').allTextContents();
  expect(actions).toEqual([
    'token.add',
    'account.add',
    'session.login',
    'session.login',
    'session.logout',
    'account.first',
  ]);
  expect(await page.content()).not.toContain('argon2');
});

it('shows a viewer what he may see, and offers nothing that he may not do', async () => {
  await byId('log-out').click();
  await logIn('Vera');
  await byId('account').click();
  expect(await byId('who').textContent()).toBe('Vera · Viewer');
  expect(await page.locator('[data-testid^="part-"]').count()).toBe(0);
  expect(await byId('add').count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.locator('[data-connection="connected"]').waitFor();
});

it('ends a session within seconds when the technician sets another password, and says so', async () => {
  const next = 'another long password';
  expect(await accounts(['reset-password', 'vera'], `${next}\n`)).toContain('all sessions have ended');
  await byId('ended').waitFor({ timeout: 15_000 });
  await logIn('Vera', next);
  await byId('account').waitFor();
});

it('tells the command line who there is, and removes whom it says', async () => {
  expect(await accounts(['list'])).toBe('admin     Anna\nviewer    Vera\n');
  await accounts(['remove', 'Vera']);
  await byId('ended').waitFor({ timeout: 15_000 });
  await expect(accounts(['remove', 'Anna'])).rejects.toThrow('last-admin');
});

it('makes accounts and tokens from the command line, which the service takes at once', async () => {
  expect(await accounts(['add', 'Otto', '--role', 'operator'], `${password}\n`)).toBe('Otto is an operator now\n');
  const made = await accounts(['tokens', 'add', 'box', '--role', 'viewer']);
  const headers = { authorization: `Bearer ${made.split('\n')[0]}` };
  const status = async () => (await fetch(`${appliance.url}/api/cameras`, { headers })).status;
  await expect.poll(status).toBe(200);
  expect(await accounts(['tokens', 'list'])).toMatch(/^viewer {4}box {2}(never|last) used/m);
  await accounts(['tokens', 'remove', 'box']);
  await expect.poll(status).toBe(401);
  await logIn('Otto');
  await byId('account').waitFor();
});

it('is left alone by the policy of its content, and by errors', async () => {
  expect(await page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([]);
  // A login that is refused, and what asks meanwhile without one, are in the console by their status alone.
  expect(errors.filter((error) => !/status of (401|403)|WebSocket connection/.test(error))).toEqual([]);
});
