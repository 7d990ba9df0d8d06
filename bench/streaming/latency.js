/**
 * From a detection on the viewer's screen to its danger there: through three topics and four processes, and in one process.
 * The model answers at once. Both take turns.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { preparedClips, RtspServer } from '../prepare.js';
import { percentile, spread, spreadText } from '../statistics.js';
import { BoxViewer } from './box-viewer.js';
import { Site } from './site.js';
import { table } from './table.js';

const interval = 1;
const warmupMs = 8000;
const startLimitMs = 20_000;
const roles = ['detector', 'task-generator', 'llm-scheduler', 'result-aggregator'];
const sides = {
  'three topics, four processes': roles.map((role) => [role]),
  'three topics, one process': [roles],
  'no Kafka': [[]],
};

/** @param {import('../streaming.js').StreamingOptions} options */
export async function latency({ seconds, runs, cameras = 4, print }) {
  const site = await Site.open(['--latency-ms', '0', '--risk', 'high']);
  const rtsp = await RtspServer.start(await preparedClips('720p5', 120), cameras);
  /** @type {Record<string, Awaited<ReturnType<typeof measure>>[]>} */
  const figures = {};
  try {
    for (let run = 0; run < runs; run += 1) {
      for (const [side, processes] of Object.entries(sides)) {
        console.error(`run ${run + 1}: ${side}`);
        figures[side] = [...(figures[side] ?? []), await measure(site, processes, rtsp.urls(cameras), seconds)];
      }
    }
  } finally {
    await rtsp.close();
    await site.close();
  }
  const columns = [
    'median of the runs (smallest … largest)',
    'p50, ms',
    'p95, ms',
    'dangers',
    'capture to danger p95, ms',
  ];
  const rows = Object.entries(figures).map(([side, all]) => [
    side,
    ...['p50', 'p95', 'dangers', 'from_capture_p95'].map((name) =>
      spreadText(spread(all.map((one) => one[/** @type {keyof typeof one} */ (name)]))),
    ),
  ]);
  print(table(columns, rows));
  return { cameras, seconds, runs, sides: figures };
}

/**
 * @param {Site} site
 * @param {readonly (readonly string[])[]} processes The first has the cameras.
 * @param {readonly string[]} urls
 * @param {number} seconds
 */
async function measure(site, processes, urls, seconds) {
  const services = await Promise.all(
    processes.map((some, index) => site.start(some, { interval, urls: index === 0 ? urls : [] })),
  );
  const [box] = services;
  if (box === undefined) throw new Error('expected a process with the cameras');
  const viewer = new BoxViewer(box, urls.length);
  try {
    const looking = viewer.run();
    await viewer.untilDanger(startLimitMs);
    await wait(warmupMs);
    viewer.clear();
    await wait(seconds * 1000);
    viewer.close();
    await looking;
  } finally {
    viewer.close();
    await Promise.all(services.map((service) => site.stop(service)));
  }
  const shown = new Map(viewer.frames.map(({ cameraId, timestamp, atMs }) => [`${cameraId} ${timestamp}`, atMs]));
  const spans = viewer.dangers.flatMap(({ cameraId, timestamp, atMs }) => {
    const since = shown.get(`${cameraId} ${timestamp}`);
    return since === undefined ? [] : atMs - since;
  });
  const fromCapture = viewer.dangers.map(({ latencyMs }) => latencyMs);
  return {
    p50: percentile(spans, 0.5),
    p95: percentile(spans, 0.95),
    dangers: spans.length,
    from_capture_p95: percentile(fromCapture, 0.95),
  };
}
