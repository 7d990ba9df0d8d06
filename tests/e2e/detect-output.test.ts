/** `roadwatch detect` before readers that take their time, or have had enough. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { mainFile, repositoryRoot } from './support/appliance.ts';

const walkers = join(repositoryRoot, 'demo/street-walkers.mp4');

function detect(...flags: string[]) {
  const child = spawn(process.execPath, [mainFile, 'detect', walkers, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  return { child, closed: once(child, 'close'), said: () => said };
}

test('a reader that goes after the first line ends it, quietly and well', async () => {
  const { child, closed, said } = detect();
  const lines = createInterface({ input: child.stdout });
  const [first] = await once(lines, 'line');
  expect(JSON.parse(first)).toMatchObject({ file: walkers, frameTimeMs: 0 });
  child.stdout.destroy();
  expect(await closed).toEqual([0, null]);
  expect(said()).toBe('');
});

test('a reader that goes is no different with pictures drawn at the same time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roadwatch-drawn-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { child, closed, said } = detect('--draw', folder);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  expect(await closed).toEqual([0, null]);
  expect(said()).toBe('');
});

test('one whose reader does not read is ended by a signal all the same', async () => {
  const { child, closed } = detect();
  // The pipe fills: nobody reads on.
  await once(child.stdout, 'readable');
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(130);
  child.stdout.resume();
  await closed;
});
