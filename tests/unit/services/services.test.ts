/** Services as they are started, seen and stopped: real processes, /proc and files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookAtProcess } from '../../../src/services/process-view.ts';
import { type ServiceFiles, serviceFiles, serviceState } from '../../../src/services/service.ts';
import { serviceStatus } from '../../../src/services/service-status.ts';
import { startService } from '../../../src/services/start-service.ts';
import { stopService } from '../../../src/services/stop-service.ts';
import { realClock } from '../../../src/time/clock.ts';

const program = fileURLToPath(new URL('../../support/service-program.js', import.meta.url));

let folder: string;
let files: ServiceFiles;
const others: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-services-'));
  files = serviceFiles(folder, 'detector');
});
afterEach(async () => {
  await stop(0);
  for (const other of others.splice(0)) other.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(behaviour: string, waitMs = 20_000) {
  const command = [process.execPath, program, behaviour] as const;
  return startService({ files, command: [...command], env: process.env, waitMs, clock: realClock });
}

function stop(waitMs = 20_000) {
  return stopService({ files, waitMs, clock: realClock });
}

async function startedPid(): Promise<number> {
  const came = await start('listen');
  if (came.outcome !== 'listening') throw new Error(JSON.stringify(came));
  return came.pid;
}

/** Another program of this user. */
async function otherProgram(): Promise<number> {
  const other = spawn('sleep', ['300'], { stdio: 'ignore' });
  others.push(other);
  await once(other, 'spawn');
  const pid = other.pid as number;
  // It has its name only when it has been put in the place of what forked it.
  for (let view = lookAtProcess(pid); view.alive && !view.command?.startsWith('sleep'); view = lookAtProcess(pid)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return pid;
}

function writePidFile(pid: number | string, facts: object = {}): void {
  writeFileSync(files.pidFile, `${pid}\n${JSON.stringify(facts)}\n`);
}

/** Field `session` of /proc/PID/stat (proc(5): the sixth). */
function sessionOf(pid: number): number {
  return Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[3],
  );
}

describe('a start', () => {
  test('gives the process that runs and where it listens, and writes both down', async () => {
    const came = await start('listen');
    expect(came).toMatchObject({ outcome: 'listening', address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    const { pid, address } = came as { pid: number; address: string };
    expect(readFileSync(files.pidFile, 'utf8').split('\n')[0]).toBe(String(pid));
    expect(statSync(files.pidFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(program);
    expect(readFileSync(files.logFile, 'utf8')).toContain(`"port":${new URL(address).port}`);
    expect(await serviceStatus(files)).toMatchObject({ state: 'running', isCertain: true, health: 'UP' });
    expect(readdirSync(folder).sort()).toEqual(['detector.log', 'detector.pid']);
  });

  test('puts it into a session of its own: a terminal that closes does not end it', async () => {
    const pid = await startedPid();
    expect(sessionOf(pid)).toBe(pid);
    expect(sessionOf(pid)).not.toBe(sessionOf(process.pid));
  });

  test('is refused while one runs, which is named and goes on', async () => {
    const pid = await startedPid();
    expect(await start('listen')).toEqual({ outcome: 'refused', pid });
    expect(serviceState(files)).toMatchObject({ state: 'running', record: { pid } });
  });

  test('of many at once, one comes through', async () => {
    const came = await Promise.all(Array.from({ length: 5 }, () => start('listen')));
    expect(came.map(({ outcome }) => outcome).sort()).toEqual([
      'listening',
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
  });

  test('that fails says how and with what last words, and leaves no PID file', async () => {
    expect(await start('fail')).toEqual({
      outcome: 'failed',
      reason: 'ended with exit code 4 while it started',
      lastLines: ['{"level":"error","msg":"no model"}'],
    });
    expect(serviceState(files)).toEqual({ state: 'stopped' });
  });

  test('does not take the words of an earlier one for its own', async () => {
    writeFileSync(files.logFile, '{"host":"127.0.0.1","port":1}\n');
    expect(await start('fail')).toMatchObject({ outcome: 'failed', lastLines: ['{"level":"error","msg":"no model"}'] });
  });

  test('of a program that is not there fails', async () => {
    const command = [join(folder, 'none')] as [string];
    const came = await startService({ files, command, env: {}, waitMs: 1000, clock: realClock });
    expect(came).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('ENOENT') });
    expect(serviceState(files)).toEqual({ state: 'stopped' });
  });

  test('is not waited for without end', async () => {
    expect(await start('silent', 100)).toMatchObject({ outcome: 'starting' });
    expect(serviceState(files)).toMatchObject({ state: 'running' });
  });

  test('puts aside a log that has grown large', async () => {
    writeFileSync(files.logFile, 'old\n');
    truncateSync(files.logFile, 17 * 1024 * 1024);
    await startedPid();
    expect(statSync(`${files.logFile}.1`).size).toBe(17 * 1024 * 1024);
    expect(statSync(files.logFile).size).toBeLessThan(1000);
  });
});

describe('a PID file', () => {
  test('of a process that is gone: the service has ended, and can be started', async () => {
    const killed = await startedPid();
    process.kill(killed, 'SIGKILL');
    while (lookAtProcess(killed).alive) await new Promise((resolve) => setImmediate(resolve));
    const status = await serviceStatus(files);
    expect(status).toMatchObject({
      state: 'ended',
      record: { pid: killed },
      lastLine: expect.stringMatching(/"port"/),
    });
    expect(await startedPid()).not.toBe(killed);
  });

  test('whose pid another program has now is known by that: that program is left alone', async () => {
    const pid = await otherProgram();
    writePidFile(pid, { startMark: 'another boot/1' });
    expect(serviceState(files)).toMatchObject({ state: 'stale', command: 'sleep 300' });
    expect(await stop()).toEqual({ outcome: 'none' });
    expect(lookAtProcess(pid).alive).toBe(true);
    expect(existsSync(files.pidFile)).toBe(false);

    writePidFile(pid, { startMark: 'another boot/1' });
    expect(await startedPid()).not.toBe(pid);
    expect(lookAtProcess(pid).alive).toBe(true);
  });

  test('written by hand says that the process runs, not that it is certain', async () => {
    const pid = await otherProgram();
    writeFileSync(files.pidFile, `${pid}\n`);
    expect(serviceState(files)).toEqual({ state: 'running', record: { pid }, isCertain: false });
    expect(await start('listen')).toEqual({ outcome: 'refused', pid });
  });

  test.each(['', 'garbage\n', '0\n', '-1\n', '12x\n'])('with %j in it names no process', async (text) => {
    writeFileSync(files.pidFile, text);
    expect(serviceState(files)).toEqual({ state: 'ended', record: { pid: 0 } });
    expect(await start('listen')).toMatchObject({ outcome: 'listening' });
  });

  test('a process that has ended and that its parent has not looked at does not run', async () => {
    // The shell execs into sleep, which never looks at its child.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 300'], { stdio: ['ignore', 'pipe', 'ignore'] });
    others.push(parent);
    const [text] = (await once(parent.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const pid = Number(text);
    while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(lookAtProcess(pid)).toEqual({ alive: false });
  });
});

describe('a stop', () => {
  test('lets it end by itself', async () => {
    const pid = await startedPid();
    expect(await stop()).toEqual({ outcome: 'stopped', pid, tookMs: expect.any(Number) });
    expect(readFileSync(files.logFile, 'utf8')).toContain('told to stop');
    expect(lookAtProcess(pid)).toEqual({ alive: false });
    expect(serviceState(files)).toEqual({ state: 'stopped' });
  });

  test('kills what does not end in time, and says so', async () => {
    const came = await start('deaf');
    const { pid } = came as { pid: number };
    const stopped = await stop(200);
    expect(stopped).toEqual({ outcome: 'killed', pid, tookMs: expect.any(Number) });
    expect((stopped as { tookMs: number }).tookMs).toBeGreaterThanOrEqual(200);
    expect(readFileSync(files.logFile, 'utf8')).toContain('told to stop');
    expect(lookAtProcess(pid)).toEqual({ alive: false });
  });

  test('of what does not run does nothing', async () => {
    expect(await stop()).toEqual({ outcome: 'none' });
  });
});
