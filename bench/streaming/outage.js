/**
 * The broker killed while a box with cameras runs, and once more while the box sends what has waited: nothing may be lost, a
 * camera's order is kept, and the viewer of the box notices nothing.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { preparedClips, RtspServer } from '../prepare.js';
import { percentile } from '../statistics.js';
import { BoxViewer } from './box-viewer.js';
import { Site } from './site.js';
import { table } from './table.js';
import { TopicLog } from './topic-log.js';

const interval = 2;
const beforeMs = 15_000;
const afterMs = 15_000;
const warmupMs = 6000;
/** The second outage is so much shorter. */
const secondShare = 1 / 4;
const drainLimitMs = 120_000;

/**
 * The box with all roles over Kafka, where they are joined by the broker; and without, where it has an uplink: its records wait
 * on disk.
 *
 * @type {Record<string, {roles: readonly string[], settings: (address: string) => object}>}
 */
const modes = {
  kafka: { roles: ['all'], settings: () => ({}) },
  uplink: { roles: [], settings: (address) => ({ uplink: { enabled: true, bootstrapServers: [address] } }) },
};

export const outageModes = Object.keys(modes);

/** @param {import('../streaming.js').StreamingOptions} options */
export async function outage({ outage: seconds, cameras = 20, modes: wanted, print }) {
  /** @type {Record<string, Awaited<ReturnType<typeof measure>>>} */
  const figures = {};
  for (const name of wanted) {
    console.error(`${name}: ${cameras} cameras, the broker away for ${seconds} s`);
    figures[name] = await measure(name, cameras, seconds * 1000);
  }
  print(text(figures));
  return { cameras, outage_s: seconds, modes: figures };
}

/**
 * @param {string} name
 * @param {number} cameras
 * @param {number} outageMs
 */
async function measure(name, cameras, outageMs) {
  const { roles, settings } = modes[name] ?? modes.kafka;
  const site = await Site.open(['--latency-ms', '100']);
  const clipSeconds = (beforeMs + 2 * outageMs + afterMs) / 1000 + 30;
  const rtsp = await RtspServer.start(await preparedClips('720p5', clipSeconds), cameras);
  const log = await TopicLog.open(site.address);
  const box = await site.start(roles, {
    urls: rtsp.urls(cameras),
    interval,
    settings: { risk: { cooldownMs: 3000 }, ...settings(site.address) },
  });
  const viewer = new BoxViewer(box, cameras);
  const looking = viewer.run();
  const detections = log.entries['detection-results'] ?? new Map();
  try {
    await log.expect('detections of the box', () => detections.size > 0, 30_000);
    await wait(warmupMs);
    const frames = [];
    const part = async (/** @type {number} */ ms) => {
      viewer.frames = [];
      await wait(ms);
      frames.push(...viewer.frames);
      const latencies = viewer.frames.map(({ latencyMs }) => latencyMs);
      return { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95), frames: latencies.length };
    };
    const before = await part(beforeMs);
    await site.broker.kill();
    const during = await part(outageMs);
    const read = detections.size;
    await site.broker.start();
    const backMs = performance.now();
    // As soon as what has waited begins to come, it is away again.
    const came = await log.until(() => detections.size > read, 30_000);
    const firstMs = Math.round(performance.now() - backMs);
    await site.broker.kill();
    const again = await part(outageMs * secondShare);
    await site.broker.start();
    const missing = () => {
      const there = new Set([...detections.values()].map(({ cameraId, timestamp }) => `${cameraId} ${timestamp}`));
      return frames.filter(({ cameraId, timestamp }) => !there.has(`${cameraId} ${timestamp}`)).length;
    };
    const restartedMs = performance.now();
    // Those of the outages; what comes meanwhile is added when it has been looked at.
    const draining = log
      .until(() => missing() === 0, drainLimitMs)
      .then(() => Math.round(performance.now() - restartedMs));
    const after = await part(afterMs);
    const drainedMs = await draining;
    viewer.close();
    await looking;
    await log.until(() => missing() === 0, drainLimitMs);
    return {
      came,
      first_ms: firstMs,
      drained_ms: drainedMs,
      shown: frames.length,
      lost: missing(),
      repeats: log.repeats['detection-results'] ?? 0,
      out_of_order: log.outOfOrder,
      wrong: log.wrong,
      latency_ms: { before, during, again, after },
    };
  } finally {
    viewer.close();
    await site.close();
    await Promise.all([rtsp.close(), log.close()]);
  }
}

/** @param {Record<string, Awaited<ReturnType<typeof measure>>>} figures */
function text(figures) {
  const columns = ['', 'shown', 'lost', 'twice', 'out of order', 'before', 'away', 'away again', 'after', 'drained, s'];
  const rows = Object.entries(figures).map(([name, one]) => [
    name,
    one.shown,
    one.lost,
    one.repeats,
    one.out_of_order,
    ...Object.values(one.latency_ms).map(({ p50, p95 }) => `${p50} / ${p95}`),
    Math.round(one.drained_ms / 100) / 10,
  ]);
  return `${table(columns, rows)}\nbefore … after: from a frame's capture to the viewer, ms, p50 / p95\n`;
}
