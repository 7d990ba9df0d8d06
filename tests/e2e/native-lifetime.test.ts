/** Native objects live as long as something is on its way to them, and no longer; nothing leaks where no thread is left. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repositoryRoot } from './support/appliance.ts';

const run = promisify(execFile);
const scripts = join(repositoryRoot, 'tests/e2e/native-lifetime');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-lifetime-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script of the folder to its own end; gives what it printed. */
async function outcome(script: string, nodeOptions: string[], env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { stdout } = await run(process.execPath, [...nodeOptions, join(scripts, script)], {
    env: { ...process.env, ...env },
    timeout: 50_000,
  });
  return JSON.parse(stdout);
}

test('where no thread can be started the call fails in words, and works again when one can', async () => {
  const preload = join(folder, 'few-threads.so');
  await run('cc', ['-shared', '-fPIC', '-o', preload, join(scripts, 'few-threads.c'), '-ldl']);
  const refused = 'no-thread';
  expect(await outcome('no-more-threads.mjs', [], { LD_PRELOAD: preload })).toEqual({
    without: { openPipeline: refused, addCamera: refused, removeCamera: refused, probe: refused, close: refused },
    camerasWithout: 0,
    afterwards: { addCamera: 'none', removeCamera: 'none', probe: 'none', close: 'none' },
    readersLeft: 0,
  });
});

test('lanes and pipelines that are let go while they are closed settle what waits, and are collected', async () => {
  expect(await outcome('collected.mjs', ['--expose-gc'])).toEqual({
    answeredNull: 40,
    lanesLeft: 0,
    pipelinesLeft: 0,
  });
});
