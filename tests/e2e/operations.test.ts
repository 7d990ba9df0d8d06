/** An operator's day: topics are made, services started, looked at, tried, killed and stopped; a real broker, the real program. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { KafkaBroker } from '../support/kafka-broker.js';
import { runProgramIn } from './support/program.ts';

const roles = ['detector', 'task-generator', 'llm-scheduler', 'result-aggregator'];
const guard = { timeout: 30_000, interval: 200 };

interface ServiceFacts {
  readonly name: string;
  readonly pid?: number;
  readonly outcome?: string;
  readonly state?: string;
  readonly health?: string;
  readonly address?: string;
}

let broker: KafkaBroker;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  broker = await KafkaBroker.create();
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-operations-'));
  env = {
    XDG_STATE_HOME: folder,
    ALGO_ENABLE_KAFKA_STREAMING: 'true',
    ALGO_KAFKA_BOOTSTRAP_SERVERS: broker.address,
    ALGO_SERVER_PORT: '0',
  };
});
afterAll(async () => {
  await runProgramIn(env, 'services', 'stop', '--wait', '5');
  await broker.close();
  rmSync(folder, { recursive: true });
});

async function services(...args: string[]): Promise<{ code: number | null; services: readonly ServiceFacts[] }> {
  const { code, stdout, stderr } = await runProgramIn(env, 'services', ...args, '--json');
  if (stdout === '') throw new Error(stderr);
  return { code, ...(JSON.parse(stdout) as { services: readonly ServiceFacts[] }) };
}

async function tryStreaming(...args: string[]) {
  const { code, stdout, stderr } = await runProgramIn(env, 'streaming-test', ...args, '--json');
  if (stdout === '') throw new Error(stderr);
  return { code, stderr, report: JSON.parse(stdout) };
}

test('streaming is told not to be ready where topics are missing', async () => {
  const { code, stderr } = await runProgramIn({ ...env, ALGO_LOG_LEVEL: 'silent' }, 'streaming-test', '--ready', '3');
  expect(code).toBe(1);
  expect(stderr).toMatch(/streaming-not-ready: expected what is sent to detection-results to come back within 3000 ms/);
});

test('topics are made; a process for each role starts, outlives its starter and is well', async () => {
  expect((await runProgramIn(env, 'topics', 'create', '--replication', '1')).code).toBe(0);
  const started = await services('start');
  expect(started.services.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(
    roles.map((role) => `${role} listening`),
  );
  expect(started.code).toBe(0);
  const status = await services('status');
  expect(status.code).toBe(0);
  expect(status.services.map(({ name, state, health }) => `${name} ${state} ${health}`)).toEqual(
    roles.map((role) => `${role} running UP`),
  );
  expect(status.services.map(({ pid }) => pid)).toEqual(started.services.map(({ pid }) => pid));
  for (const { name, pid } of status.services) {
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toContain(name);
  }
});

test('a second start is refused and names the pids that run', async () => {
  const { services: running } = await services('status');
  const { code, stdout } = await runProgramIn(env, 'services', 'start');
  expect(code).toBe(1);
  for (const { name, pid } of running)
    expect(stdout).toMatch(new RegExp(`^${name} +refused +runs already: pid ${pid}$`, 'm'));
  // stdout is no terminal.
  expect(stdout).not.toContain('\u001b');
});

test('a detection of each camera comes through all topics', async () => {
  const { code, report } = await tryStreaming('--mode', 'e2e', '--cameras', '5');
  expect(report).toMatchObject({
    ok: true,
    sent: 5,
    expected: 10,
    tasks: 10,
    results: 10,
    successRate: 1,
    missing: { 'detection-results': 0, 'assessment-tasks': 0, 'risk-assessment-results': 0 },
    errors: {},
  });
  expect(report.latencyMs.p95).toBeGreaterThan(0);
  expect(code).toBe(0);
});

test('under load nothing is missing, and progress is told every five seconds', async () => {
  const { code, report, stderr } = await tryStreaming(
    ...['--mode', 'load', '--cameras', '20', '--duration', '11', '--interval', '1', '--settle', '20'],
  );
  expect(report).toMatchObject({ ok: true, sent: 220, results: 220, successRate: 1 });
  expect(code).toBe(0);
  expect(stderr.match(/^\d+ s: sent \d+, tasks \d+, results \d+, under way \d+; latency .*$/gm)).toHaveLength(2);
});

test('a role that was killed is told, and missed; another start brings back that one alone', async () => {
  const before = await services('status');
  const killed = before.services.find(({ name }) => name === 'llm-scheduler');
  process.kill(killed?.pid as number, 'SIGKILL');
  await vi.waitFor(async () => {
    const status = await services('status');
    expect(status.code).toBe(3);
    expect(status.services.filter(({ state }) => state === 'ended').map(({ name }) => name)).toEqual(['llm-scheduler']);
  }, guard);

  const { code, report } = await tryStreaming('--mode', 'e2e', '--cameras', '2', '--settle', '3');
  expect(code).toBe(1);
  expect(report).toMatchObject({
    ok: false,
    tasks: 4,
    results: 0,
    successRate: 0,
    missing: { 'detection-results': 0, 'assessment-tasks': 0, 'risk-assessment-results': 4 },
  });

  const again = await services('start');
  expect(again.code).toBe(3);
  expect(again.services.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'detector refused',
    'task-generator refused',
    'llm-scheduler listening',
    'result-aggregator refused',
  ]);
});

test('they end when they are told to, and leave no PID file', async () => {
  const stopped = await services('stop');
  expect(stopped.services.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    ...roles.map((role) => `${role} stopped`),
    'all none',
  ]);
  expect(stopped.code).toBe(0);
  const runFolder = join(folder, 'roadwatch/services');
  for (const role of roles) {
    expect(existsSync(join(runFolder, `${role}.pid`))).toBe(false);
    expect(existsSync(join(runFolder, `${role}.log`))).toBe(true);
  }
});
