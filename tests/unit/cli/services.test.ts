/** What `roadwatch services` says, and with which exit code; how services live is tested in ../services. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { paintFor } from '../../../src/cli/colour.ts';
import { runCommandLine } from '../../../src/cli/program.ts';
import { startLine, statusLine, stopLine } from '../../../src/cli/service-lines.ts';
import { serviceFiles } from '../../../src/services/service.ts';

const files = serviceFiles('/run/roadwatch', 'detector');
const plain = paintFor({ isTTY: false }, {});

let folder: string;
let stdout: string;
let stderr: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-services-cli-'));
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.stdout.removeAllListeners('error');
  rmSync(folder, { recursive: true });
});

describe('colours', () => {
  test.each([
    ['a terminal', { isTTY: true }, {}, '\u001b[32mrunning\u001b[39m'],
    ['a terminal of someone who wants none', { isTTY: true }, { NO_COLOR: '1' }, 'running'],
    ['NO_COLOR that is empty counts as not set', { isTTY: true }, { NO_COLOR: '' }, '\u001b[32mrunning\u001b[39m'],
    ['a terminal that knows none', { isTTY: true }, { TERM: 'dumb' }, 'running'],
    ['a file', { isTTY: false }, {}, 'running'],
    ['a pipe', {}, {}, 'running'],
  ])('%s', (_name, stream, env, expected) => {
    expect(paintFor(stream, env)('green', 'running')).toBe(expected);
  });
});

describe('the words for', () => {
  test.each([
    [
      startLine(files, { outcome: 'listening', pid: 12, address: 'http://127.0.0.1:5000' }),
      true,
      'detector           running    pid 12, http://127.0.0.1:5000',
    ],
    [
      startLine(files, { outcome: 'starting', pid: 12 }),
      true,
      'detector           starting   pid 12, does not listen yet: see /run/roadwatch/detector.log',
    ],
    [startLine(files, { outcome: 'refused', pid: 12 }), false, 'detector           refused    runs already: pid 12'],
    [
      startLine(files, { outcome: 'failed', reason: 'ended with exit code 1 while it started', lastLines: ['a', 'b'] }),
      false,
      'detector           failed     ended with exit code 1 while it started: see /run/roadwatch/detector.log\n  | a\n  | b',
    ],
    [stopLine(files, { outcome: 'none' }), true, 'detector           stopped    did not run'],
    [
      stopLine(files, { outcome: 'stopped', pid: 12, tookMs: 1240 }),
      true,
      'detector           stopped    pid 12, ended in 1.2 s',
    ],
    [
      stopLine(files, { outcome: 'killed', pid: 12, tookMs: 15_010 }),
      false,
      'detector           killed     pid 12 had not ended after 15.0 s',
    ],
    [
      stopLine(files, { outcome: 'failed', pid: 12, reason: 'kill EPERM' }),
      false,
      'detector           failed     pid 12 runs on: kill EPERM',
    ],
    [
      statusLine({ ...files, state: 'running', record: { pid: 12 }, isCertain: false }),
      true,
      'detector           running    pid 12 (known by its pid alone)',
    ],
    [
      statusLine({
        ...files,
        state: 'running',
        record: { pid: 12, startedAt: '2025-01-01T00:00:00.000Z', address: 'http://127.0.0.1:5000' },
        isCertain: true,
        health: 'no answer: connect ECONNREFUSED',
      }),
      false,
      'detector           running    pid 12, since 2025-01-01T00:00:00.000Z, http://127.0.0.1:5000, no answer: connect ECONNREFUSED',
    ],
    [
      statusLine({ ...files, state: 'ended', record: { pid: 12 }, lastLine: 'out of memory' }),
      false,
      'detector           ended      nobody has stopped it; it had pid 12: see /run/roadwatch/detector.log\n  | out of memory',
    ],
    [
      statusLine({ ...files, state: 'stale', record: { pid: 12 }, command: 'sleep 300' }),
      false,
      'detector           ended      nobody has stopped it; it had pid 12, that is now: sleep 300',
    ],
  ])('case %#', (line, isWell, words) => {
    expect(line.text(plain)).toBe(words);
    expect(line.isWell).toBe(isWell);
  });

  test('programs are without what only we can use', () => {
    const record = { pid: 12, startMark: 'boot/1', startedAt: '2025-01-01T00:00:00.000Z' };
    expect(statusLine({ ...files, state: 'running', record, isCertain: true }).facts).toEqual({
      name: 'detector',
      pidFile: '/run/roadwatch/detector.pid',
      logFile: '/run/roadwatch/detector.log',
      state: 'running',
      isCertain: true,
      pid: 12,
      startedAt: '2025-01-01T00:00:00.000Z',
    });
  });
});

describe('exit codes', () => {
  test('status: 1 where nothing was started', async () => {
    expect(await runCommandLine(['services', 'status', '--run-folder', folder])).toBe(1);
    expect(stdout).toBe(`no service was started in ${folder}\n`);
  });

  test('status: 3 where one runs and one has ended, 1 where none does, 0 where all do', async () => {
    writeFileSync(join(folder, 'detector.pid'), `${process.pid}\n`);
    writeFileSync(join(folder, 'llm-scheduler.pid'), 'nothing\n');
    expect(await runCommandLine(['services', 'status', '--run-folder', folder])).toBe(3);
    expect(stdout).toMatch(/^detector +running +pid \d+ .*\nllm-scheduler +ended /);
    expect(await runCommandLine(['services', 'status', '--run-folder', folder, '--role', 'llm-scheduler'])).toBe(1);
    stdout = '';
    expect(await runCommandLine(['services', 'status', '--run-folder', folder, '--role', 'detector', '--json'])).toBe(
      0,
    );
    expect(JSON.parse(stdout)).toMatchObject({ services: [{ name: 'detector', state: 'running', pid: process.pid }] });
  });

  test('stop: 0 where nothing ran', async () => {
    expect(await runCommandLine(['services', 'stop', '--run-folder', folder, '--json'])).toBe(0);
    const { services } = JSON.parse(stdout) as { services: { name: string; outcome: string }[] };
    expect(services.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'detector none',
      'task-generator none',
      'llm-scheduler none',
      'result-aggregator none',
      'all none',
    ]);
  });

  test('stop: 3 where one had to be killed, however many did not run', async () => {
    const program = fileURLToPath(new URL('../../support/service-program.js', import.meta.url));
    const deaf = spawn(process.execPath, [program, 'deaf'], { stdio: ['ignore', 'ignore', 'pipe'] });
    await once(deaf.stderr, 'data');
    writeFileSync(join(folder, 'detector.pid'), `${deaf.pid}\n`);
    expect(await runCommandLine(['services', 'stop', '--run-folder', folder, '--wait', '0.2'])).toBe(3);
    expect(stdout).toMatch(new RegExp(`^detector +killed +pid ${deaf.pid} had not ended after 0\\.\\d s$`, 'm'));
  });

  test('start: 2 where the configuration cannot be used, before anything is started', async () => {
    const args = ['services', 'start', '--run-folder', folder, '--role', 'detector'];
    expect(await runCommandLine(args)).toBe(2);
    expect(stderr).toContain('command line --role: expected [all] while kafka.enabled is false');
    expect(await runCommandLine(['services', 'start', '--role', 'pilot'])).toBe(2);
    expect(stderr).toMatch(/'pilot' is invalid\. Allowed choices are detector, task-generator/);
  });
});
