/** What docker-compose.infra.yml tells Kafka and Redis, told to real ones: they take it, and the program works with them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { freePort, repositoryRoot } from './support/appliance.ts';
import { runProgramIn } from './support/program.ts';

const run = promisify(execFile);
const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(repositoryRoot, '.cache/kafka/*')];
const processes: ChildProcess[] = [];

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

let folder: string;
let services: Readonly<Record<'kafka' | 'redis', Service>>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadwatch-infrastructure-'));
  const file = readFileSync(join(repositoryRoot, 'deployment/docker-compose.infra.yml'), 'utf8');
  const set: Readonly<Record<string, string>> = {
    ROADWATCH_REDIS_PASSWORD: 'a-password',
    ROADWATCH_KAFKA_HOST: '127.0.0.1',
  };
  // As Compose does it: a variable, or its default.
  const filled = file.replaceAll(
    /\$\{(\w+)(?::[-?]([^}]*))?\}/g,
    (_all, name, otherwise) => set[name] ?? otherwise ?? '',
  );
  services = parse(filled, { merge: true }).services;
});
afterAll(async () => {
  for (const child of processes) {
    if (child.exitCode !== null) continue;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  rmSync(folder, { recursive: true });
});

/** Starts a program; resolves when it says this. */
async function startUntil(words: string, program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  processes.push(child);
  const said: string[] = [];
  const isReady = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        if (line.includes(words)) resolve(true);
      });
    }
  });
  if (!isReady) throw new Error(`${program} did not start:\n${said.slice(-20).join('\n')}`);
}

/** The image's rule for settings from the environment: the prefix goes, and _ becomes a dot. */
function propertiesOf({ environment }: Service): Map<string, string> {
  const settings = Object.entries(environment).filter(
    ([name]) => name.startsWith('KAFKA_') && name !== 'KAFKA_HEAP_OPTS',
  );
  return new Map(
    settings.map(([name, value]) => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value]),
  );
}

test('Kafka starts with its settings, and topics are as they should be', async () => {
  const [outside, inside, controller] = [await freePort(), await freePort(), await freePort()];
  const properties = propertiesOf(services.kafka);
  expect(properties.get('auto.create.topics.enable')).toBe('false');
  properties.set('log.dirs', join(folder, 'kafka'));
  const text = [...properties]
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
    // The ports are those of a container of its own; the name `kafka` is known in its network alone.
    .replaceAll(':9092', `:${outside}`)
    .replaceAll(':19092', `:${inside}`)
    .replaceAll(':29093', `:${controller}`)
    .replaceAll('kafka:', '127.0.0.1:');
  const file = join(folder, 'server.properties');
  writeFileSync(file, text);
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', '5L6g3nShT-eMCtK--X86sw', '-c', file]);
  await startUntil('Kafka Server started', 'java', [...java, 'kafka.Kafka', file]);

  const env = { ALGO_KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${outside}` };
  const missing = await runProgramIn(env, 'topics', 'check');
  expect(missing.code).toBe(1);
  const created = await runProgramIn(env, 'topics', 'create');
  expect(created.code, created.stdout + created.stderr).toBe(0);
  // The broker may tell of the newest topic a moment later.
  await vi.waitFor(
    async () => {
      const { stdout } = await runProgramIn(env, 'topics', 'check', '--json');
      expect(JSON.parse(stdout), stdout).toMatchObject({ ok: true });
    },
    { timeout: 20_000, interval: 200 },
  );
});

test('Redis lets in whom it knows, and drops the oldest where memory ends', async () => {
  const port = await freePort();
  const [program = '', ...args] = services.redis.command;
  await startUntil('Ready to accept connections', program, ['--port', String(port), ...args]);
  const stranger = new Redis({ port, lazyConnect: true, retryStrategy: () => null });
  stranger.on('error', () => {});
  await expect(stranger.set('a', 'b')).rejects.toThrow('NOAUTH');
  stranger.disconnect();
  const client = new Redis({ port, password: 'a-password', retryStrategy: () => null });
  expect(await client.config('GET', 'maxmemory*')).toEqual(
    expect.arrayContaining(['maxmemory', String(256 * 1024 * 1024), 'maxmemory-policy', 'allkeys-lru']),
  );
  expect(await client.config('GET', 'save')).toEqual(['save', '']);
  client.disconnect();
});
