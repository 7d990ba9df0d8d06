/**
 * The service with far more cameras than the machine can do: whether it still answers, how the want is shared out, where it
 * says so, and how soon it stops.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { machine } from './compare.js';
import { preparedClips, RtspServer } from './prepare.js';
import { Service } from './service.js';
import { percentile, rounded } from './statistics.js';

const settleSeconds = 60;
/** Between two requests for each path. */
const askEveryMs = 250;
const paths = { page: '/', health: '/api/health/health_check', cameras: '/api/cameras' };

/** @param {{cameras: number, seconds: number, interval: number, profile: string}} options */
export async function overload({ cameras, seconds, interval, profile }) {
  const server = await RtspServer.start(await preparedClips(profile, seconds + settleSeconds), cameras);
  const service = await Service.start(server.urls(cameras), { interval, logLevel: 'warn' });
  let figures;
  try {
    console.error(`${cameras} cameras: settling for ${settleSeconds} s`);
    (await service.connect('frames=none')).terminate();
    await wait(settleSeconds * 1000);
    figures = await measure(service, { cameras, seconds, interval });
  } finally {
    const stopMs = await service.stop();
    await server.close();
    if (figures !== undefined) report({ ...figures, stop: { ms: stopMs, exit_code: service.exitCode } });
  }

  /** @param {object} measured */
  function report(measured) {
    console.log(table(measured));
    console.log(JSON.stringify({ profile, cameras, seconds, interval, machine: machine(), ...measured }));
  }
}

/**
 * @param {Service} service
 * @param {import('./cameras.js').Load} load
 */
async function measure(service, { cameras, seconds, interval }) {
  const before = await service.metrics();
  const startedMs = performance.now();
  const answers = await Promise.all(Object.values(paths).map((path) => ask(service.address(path), seconds)));
  const after = await service.metrics();
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const health = await service.get('health/health_check');
  const listed = (await service.get('cameras')).cameras;
  const analysed = difference(after.byCamera('camera_frames_analysed_total'), before);
  const done = analysed.reduce((sum, frames) => sum + frames, 0);
  const told = [...after.byCamera('analysis_interval_seconds').values()];
  const bound = (/** @type {number} */ share) => after.quantileBound('detection_latency_seconds', share, before);
  return {
    live: after.value('active_cameras'),
    analyses_per_second: rounded(done / tookSeconds, 1),
    wanted_per_second: rounded(cameras / interval, 1),
    cores: rounded(
      (after.value('process_cpu_seconds_total') - before.value('process_cpu_seconds_total')) / tookSeconds,
      2,
    ),
    rss_mb: Math.round(after.value('process_resident_memory_bytes') / 1024 ** 2),
    event_loop_p99_ms: rounded(after.value('event_loop_delay_seconds', 'quantile="0.99"') * 1000, 1),
    latency_below_s: { p50: bound(0.5), p95: bound(0.95) },
    answers_ms: Object.fromEntries(Object.keys(paths).map((name, index) => [name, answers[index]])),
    stretch: {
      metrics: after.value('pipeline_interval_stretch'),
      health: health.load.stretch,
      intervals_told_s: { metrics: rounded(Math.max(...told), 2), api: Math.max(...intervalsOf(listed)) / 1000 },
      log: service.log.map(({ msg }) => msg).filter((words) => words.includes('stretched')),
    },
    fairness: fairness(analysed, tookSeconds),
  };
}

/**
 * Asks again and again; the times until the whole answer is there.
 *
 * @param {string} address
 * @param {number} seconds
 */
async function ask(address, seconds) {
  /** @type {number[]} */
  const tookMs = [];
  let failed = 0;
  const untilMs = performance.now() + seconds * 1000;
  while (performance.now() < untilMs) {
    const startedMs = performance.now();
    try {
      const answer = await fetch(address);
      await answer.arrayBuffer();
      if (!answer.ok) failed += 1;
    } catch {
      failed += 1;
    }
    tookMs.push(performance.now() - startedMs);
    await wait(askEveryMs);
  }
  return {
    asked: tookMs.length,
    failed,
    p50: percentile(tookMs, 0.5),
    p95: percentile(tookMs, 0.95),
    max: rounded(Math.max(...tookMs), 1),
  };
}

/**
 * How evenly the cameras were served: the time between two analyses of each.
 *
 * @param {readonly number[]} analysed By camera.
 * @param {number} seconds
 */
function fairness(analysed, seconds) {
  const intervals = analysed.filter((frames) => frames > 0).map((frames) => seconds / frames);
  const sum = analysed.reduce((total, frames) => total + frames, 0);
  const squares = analysed.reduce((total, frames) => total + frames * frames, 0);
  return {
    interval_s: {
      p5: percentile(intervals, 0.05, 2),
      p50: percentile(intervals, 0.5, 2),
      p95: percentile(intervals, 0.95, 2),
      max: rounded(Math.max(...intervals), 2),
    },
    never_analysed: analysed.filter((frames) => frames === 0).length,
    // Jain's index: 1 where all get the same, 1/n where one gets all.
    jain: rounded((sum * sum) / (analysed.length * squares), 4),
  };
}

/**
 * @param {Map<string, number>} after
 * @param {import('./metrics.js').Metrics} before
 */
function difference(after, before) {
  const earlier = before.byCamera('camera_frames_analysed_total');
  return [...after].map(([cameraId, frames]) => frames - (earlier.get(cameraId) ?? 0));
}

/** @param {readonly {intervalMs: number}[]} listed */
function intervalsOf(listed) {
  return listed.map((camera) => camera.intervalMs);
}

/** @param {any} figures */
function table({
  answers_ms: answers,
  stretch,
  fairness: { interval_s: interval, jain, never_analysed: never },
  ...rest
}) {
  const answerRows = Object.entries(answers).map(([name, { p50, p95, max, failed, asked }]) => [
    `${name}: answer, ms, p50 / p95 / max`,
    `${p50} / ${p95} / ${max} (${failed} of ${asked} failed)`,
  ]);
  const rows = [
    ['cameras live', rest.live],
    ['analyses a second, of those wanted', `${rest.analyses_per_second} of ${rest.wanted_per_second}`],
    ['cores', rest.cores],
    ['event loop late, ms, p99', rest.event_loop_p99_ms],
    ['frame to result, s, p50 / p95 below', `${rest.latency_below_s.p50} / ${rest.latency_below_s.p95}`],
    ...answerRows,
    ['stretch: metrics / health', `${rounded(stretch.metrics, 2)} / ${rounded(stretch.health, 2)}`],
    [
      'longest interval told, s: metrics / API',
      `${stretch.intervals_told_s.metrics} / ${stretch.intervals_told_s.api}`,
    ],
    ['lines of the log about it', stretch.log.length],
    [
      'interval of a camera, s, p5 / p50 / p95 / max',
      `${interval.p5} / ${interval.p50} / ${interval.p95} / ${interval.max}`,
    ],
    ["cameras never analysed; Jain's index", `${never}; ${jain}`],
    ['SIGTERM to exit, ms (exit code)', `${rest.stop.ms} (${rest.stop.exit_code})`],
  ];
  return ['| what | figure |', '| --- | --- |', ...rows.map((row) => `| ${row.join(' | ')} |`), ''].join('\n');
}
