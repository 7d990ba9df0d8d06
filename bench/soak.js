/** The service with many cameras for a long time, some of which drop every few seconds: what grows, and who is lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './compare.js';
import { preparedClips, RtspServer } from './prepare.js';
import { here } from './processes.js';

const dropEverySeconds = 3;
const sampleEverySeconds = 30;
/** Caches fill and the allocator finds its size before anything is compared. */
const warmUpSeconds = 120;
/** A camera that was dropped must be back by then. */
const graceSeconds = 20;

/**
 * @typedef {object} Sample
 * @property {number} second
 * @property {number} rss_mb
 * @property {number} threads
 * @property {number} descriptors
 * @property {number} live
 * @property {number} analysed
 * @property {number} stretch
 */

/** @param {{cameras: number, seconds: number, interval: number, profile: string}} options */
export async function soak({ cameras, seconds, interval, profile }) {
  const clips = await preparedClips(profile, 0);
  const server = await RtspServer.start(clips, cameras);
  const folder = mkdtempSync(join(tmpdir(), 'roadwatch-soak-'));
  const port = await freePort();
  const service = startService(folder, server.url, { cameras, interval, port });
  /** @type {Sample[]} */
  const samples = [];
  let drops = 0;
  try {
    for (let second = 0; second <= seconds; second += 1) {
      if (service.exitCode !== null) throw new Error(`the service ended with ${service.exitCode}`);
      const dropping = second < seconds - graceSeconds;
      if (dropping && second % dropEverySeconds === 0 && (await server.drop(1 + (drops % cameras)))) drops += 1;
      if (second % sampleEverySeconds === 0 && second > 0) samples.push(await sample(service.pid, port, second));
      await wait(1000);
    }
    samples.push(await sample(service.pid, port, seconds));
  } finally {
    const exit = once(service, 'exit');
    if (service.exitCode === null) {
      service.kill('SIGTERM');
      await exit;
    }
    await server.close();
    rmSync(folder, { recursive: true });
  }
  console.log(table(samples));
  console.log(JSON.stringify({ cameras, seconds, interval, profile, drops, machine: machine(), ...growth(samples) }));
}

/**
 * @param {string} folder
 * @param {string} url
 * @param {{cameras: number, interval: number, port: number}} options
 */
function startService(folder, url, { cameras, interval, port }) {
  const numbers = Array.from({ length: cameras }, (_, index) => String(index + 1));
  const file = join(folder, 'roadwatch.json');
  // JSON is YAML, too.
  writeFileSync(
    file,
    JSON.stringify({
      server: { port },
      analysis: { intervalMs: interval * 1000 },
      maxCameras: cameras,
      cameras: numbers.map((number) => ({ id: `cam${number}`, url: url.replaceAll('{n}', number) })),
      log: { level: 'error' },
    }),
  );
  return spawn(process.execPath, [here('../dist/main.js'), 'run', '--config', file], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * @param {number | undefined} pid
 * @param {number} port
 * @param {number} second
 * @returns {Promise<Sample>}
 */
async function sample(pid, port, second) {
  const get = async (/** @type {string} */ path) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/${path}`);
    return (await answer.json()).data;
  };
  const { cameras } = await get('cameras');
  const { load } = await get('health/health_check');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (/** @type {string} */ name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    second,
    rss_mb: Math.round(field('VmRSS') / 1024),
    threads: field('Threads'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    live: cameras.filter((/** @type {{state: string}} */ camera) => camera.state === 'live').length,
    analysed: cameras.reduce(
      (/** @type {number} */ sum, /** @type {{analysed: number}} */ one) => sum + one.analysed,
      0,
    ),
    stretch: load.stretch,
  };
}

/**
 * From the warm service to the end.
 *
 * @param {readonly Sample[]} samples
 */
function growth(samples) {
  const first = samples.find(({ second }) => second >= warmUpSeconds) ?? samples[0];
  return { warm: first, end: samples.at(-1) };
}

/** @param {readonly Sample[]} samples */
function table(samples) {
  return [
    '| second | memory, MB | threads | descriptors | cameras live | analysed | stretch |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...samples.map((one) => `| ${Object.values(one).join(' | ')} |`),
    '',
  ].join('\n');
}
