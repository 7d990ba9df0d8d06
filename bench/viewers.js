/**
 * The service with a viewer on each camera: how late its main thread comes to what waits for it, as its own metrics tell,
 * and what the viewers cost. Once with the feed of the operator's page, once with that of clients that ask for nothing.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './compare.js';
import { preparedClips, RtspServer } from './prepare.js';
import { Service } from './service.js';
import { percentile, rounded } from './statistics.js';

/** By name, the query of the WebSocket's address. */
const feeds = { page: 'frames=none&pictures=binary', full: 'frames=both' };
const settleSeconds = 60;
/** Of a message, the part in which its type and timestamp stand. */
const headBytes = 200;

/** @typedef {import('ws').WebSocket} WebSocket */

/** @param {{cameras: number, seconds: number, interval: number, profile: string}} options */
export async function viewers({ cameras, seconds, interval, profile }) {
  const server = await RtspServer.start(await preparedClips(profile, seconds * 2 + settleSeconds), cameras);
  const service = await Service.start(server.urls(cameras), { interval });
  try {
    const figures = [];
    for (const [feed, query] of Object.entries(feeds)) {
      console.error(`${cameras} cameras, a viewer each: ${feed}`);
      const crowd = await Crowd.gather(service, cameras, query);
      await wait(interval * 1000);
      figures.push({ feed, ...(await measure(service, crowd, { cameras, seconds, interval })) });
      crowd.leave();
    }
    console.log(table(figures));
    console.log(JSON.stringify({ profile, cameras, seconds, interval, machine: machine(), feeds: figures }));
  } finally {
    await service.stop();
    await server.close();
  }
}

/** A viewer on each camera. */
class Crowd {
  /** @type {WebSocket[]} */
  #sockets = [];
  /** @type {Set<string>} Cameras that were seen. */
  seen = new Set();
  /** @type {number[]} */
  latenciesMs = [];
  results = 0;
  bytes = 0;

  /**
   * Resolves when every viewer has had a result, or after a while.
   *
   * @param {Service} service
   * @param {number} cameras
   * @param {string} query
   */
  static async gather(service, cameras, query) {
    const crowd = new Crowd();
    for (let number = 1; number <= cameras; number += 1) {
      const socket = await service.connect(query);
      const cameraId = `cam${number}`;
      socket.on('message', (data, isBinary) => crowd.#hear(cameraId, /** @type {Buffer} */ (data), isBinary));
      socket.send(JSON.stringify({ type: 'watch', data: { cameraId } }));
      crowd.#sockets.push(socket);
    }
    const settledByMs = performance.now() + settleSeconds * 1000;
    while (crowd.seen.size < cameras && performance.now() < settledByMs) await wait(50);
    return crowd;
  }

  clear() {
    this.latenciesMs = [];
    this.results = 0;
    this.bytes = 0;
  }

  leave() {
    for (const socket of this.#sockets) socket.terminate();
  }

  /**
   * @param {string} cameraId
   * @param {Buffer} data
   * @param {boolean} isBinary
   */
  #hear(cameraId, data, isBinary) {
    this.bytes += data.length;
    if (isBinary) return;
    const head = data.subarray(0, headBytes).toString('latin1');
    const timestamp = /"detection_result".*?"timestamp":"([^"]+)"/.exec(head)?.[1];
    if (timestamp === undefined) return;
    this.seen.add(cameraId);
    this.results += 1;
    this.latenciesMs.push(Date.now() - Date.parse(timestamp));
  }
}

/**
 * @param {Service} service
 * @param {Crowd} crowd
 * @param {import('./cameras.js').Load} load
 */
async function measure(service, crowd, { cameras, seconds, interval }) {
  // The service's delays count from scrape to scrape.
  const before = await service.metrics();
  crowd.clear();
  await wait(seconds * 1000);
  const after = await service.metrics();
  const since = (/** @type {string} */ name) => after.value(name) - before.value(name);
  const delayMs = (/** @type {string} */ quantile) =>
    rounded(after.value('event_loop_delay_seconds', `quantile="${quantile}"`) * 1000, 1);
  return {
    viewers: after.value('viewers'),
    cameras_seen: crowd.seen.size,
    results: crowd.results,
    on_time: rounded(crowd.results / ((cameras * seconds) / interval), 3),
    latency_ms: { p50: percentile(crowd.latenciesMs, 0.5), p95: percentile(crowd.latenciesMs, 0.95) },
    event_loop_ms: { p50: delayMs('0.5'), p99: delayMs('0.99'), max: delayMs('1') },
    cores: rounded(since('process_cpu_seconds_total') / seconds, 2),
    rss_mb: Math.round(after.value('process_resident_memory_bytes') / 1024 ** 2),
    mb_per_second: rounded(crowd.bytes / seconds / 1e6, 2),
    frames_skipped: since('viewer_frames_skipped_total'),
    stretch: after.value('pipeline_interval_stretch'),
  };
}

/** @param {readonly ({feed: string} & Awaited<ReturnType<typeof measure>>)[]} figures */
function table(figures) {
  const rows = figures.map((one) => [
    one.feed,
    one.viewers,
    one.on_time,
    `${one.latency_ms.p50} / ${one.latency_ms.p95}`,
    `${one.event_loop_ms.p50} / ${one.event_loop_ms.p99} / ${one.event_loop_ms.max}`,
    one.cores,
    one.rss_mb,
    one.mb_per_second,
    one.frames_skipped,
  ]);
  return [
    '| feed | viewers | on time | frame to viewer, ms, p50 / p95 | event loop late, ms, p50 / p99 / max | cores | memory, MB | MB/s | frames skipped |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');
}
