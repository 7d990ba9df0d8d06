/** The service with many cameras for a long time, some of which drop every few seconds: what grows, and who is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './compare.js';
import { preparedClips, RtspServer } from './prepare.js';
import { Service } from './service.js';

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
  const service = await Service.start(server.urls(cameras), { interval });
  /** @type {Sample[]} */
  const samples = [];
  let drops = 0;
  let stopMs = 0;
  try {
    for (let second = 0; second <= seconds; second += 1) {
      service.expectAlive();
      const dropping = second < seconds - graceSeconds;
      if (dropping && second % dropEverySeconds === 0 && (await server.drop(1 + (drops % cameras)))) drops += 1;
      if (second % sampleEverySeconds === 0 && second > 0) samples.push(await sample(service, second));
      await wait(1000);
    }
    samples.push(await sample(service, seconds));
  } finally {
    stopMs = await service.stop();
    await server.close();
  }
  console.log(table(samples));
  console.log(
    JSON.stringify({
      cameras,
      seconds,
      interval,
      profile,
      drops,
      stop_ms: stopMs,
      machine: machine(),
      ...growth(samples),
    }),
  );
}

/**
 * @param {Service} service
 * @param {number} second
 * @returns {Promise<Sample>}
 */
async function sample(service, second) {
  const { cameras } = await service.get('cameras');
  const { load } = await service.get('health/health_check');
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
  const field = (/** @type {string} */ name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    second,
    rss_mb: Math.round(field('VmRSS') / 1024),
    threads: field('Threads'),
    descriptors: readdirSync(`/proc/${service.pid}/fd`).length,
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
