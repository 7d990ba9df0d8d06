/** `roadwatch tune`, and the service that uses what it found. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Appliance, mainFile } from './support/appliance.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'roadwatch-tune-'));
});
afterEach(() => rmSync(state, { recursive: true }));

async function tune(...flags: string[]) {
  const env = { PATH: process.env.PATH, XDG_STATE_HOME: state };
  const { stdout } = await promisify(execFile)(process.execPath, [mainFile, 'tune', '--json', ...flags], { env });
  return JSON.parse(stdout);
}

async function planInUse(): Promise<unknown> {
  const appliance = await Appliance.start({}, { XDG_STATE_HOME: state });
  const answer = await (await fetch(`${appliance.url}/api/health/health_check`)).json();
  await appliance.stop();
  const { workers, threadsPerWorker, maxBatch } = (answer as { data: { inference: Record<string, number> } }).data
    .inference;
  return { workers, threadsPerWorker, maxBatch };
}

test('measures every plan, keeps the best, and the service runs it', async () => {
  const { plan, path, measured } = await tune();
  expect(measured.length).toBeGreaterThanOrEqual(2);
  for (const one of measured) {
    expect(one.framesPerSecond).toBeGreaterThan(0);
    expect(one.cpuMsPerFrame).toBeGreaterThan(0);
  }
  expect(measured.map((one: { plan: unknown }) => one.plan)).toContainEqual(plan);
  expect(await planInUse()).toEqual(plan);
  // What is known is not measured again.
  expect(await tune('--if-needed')).toEqual({ plan, path, measured: [] });
  // Another plan in its place, to see that it is the file that is followed.
  const kept = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...kept, plan: { workers: 1, threadsPerWorker: 1, maxBatch: 3 } }));
  expect(await planInUse()).toEqual({ workers: 1, threadsPerWorker: 1, maxBatch: 3 });
});
