/**
 * From one camera to a hundred, both sides in turn, several times: what each more costs; a table, a plot, and one JSON
 * line last.
 */
import { writeFileSync } from 'node:fs';
import { bothSides, machine } from './compare.js';
import { plot } from './plot.js';
import { preparedClips, RtspServer } from './prepare.js';
import { line, spread, spreadText } from './statistics.js';

/** A side holds its cameras while it does so much of what is due, so soon. */
const heldOnTime = 0.98;
const heldLatencyMs = 1000;

/** @typedef {import('./cameras.js').Figures} Figures */
/** @typedef {import('./statistics.js').Spread} Spread */

/**
 * What the runs with so many cameras came to.
 *
 * @typedef {object} Size
 * @property {number} cameras
 * @property {number} runs
 * @property {Spread} connected
 * @property {Spread} cores Processors in use.
 * @property {Spread} cpu_ms_per_analysis
 * @property {Spread} latency_p50_ms
 * @property {Spread} latency_p95_ms
 * @property {Spread} on_time
 * @property {Spread} rss_mb
 * @property {Spread} event_loop_p99_ms
 * @property {boolean} held By the medians.
 */

/** @typedef {Record<'roadwatch' | 'peer', Size[]>} Sides */

const sideNames = { roadwatch: 'Roadwatch', peer: 'peer' };
const columns = /** @type {const} */ ([
  ['cores', 'cores'],
  ['cpu_ms_per_analysis', 'ms an analysis'],
  ['latency_p50_ms', 'latency p50, ms'],
  ['latency_p95_ms', 'p95, ms'],
  ['on_time', 'on time'],
  ['rss_mb', 'memory, MB'],
  ['event_loop_p99_ms', 'event loop p99, ms'],
]);

/**
 * @typedef {object} Options
 * @property {readonly number[]} sizes Numbers of cameras, ascending.
 * @property {number} seconds
 * @property {number} interval
 * @property {number} runs
 * @property {string} profile
 * @property {string | undefined} plotFile
 */

/** @param {Options} options */
export async function scale({ sizes, seconds, interval, runs, profile, plotFile }) {
  const clips = await preparedClips(profile, seconds);
  const sides = await bothSides();
  /** @type {Sides} */
  const sizesOf = { roadwatch: [], peer: [] };
  for (const cameras of sizes) {
    // Beyond what a side holds, it only shows that it does not.
    const taking = /** @type {const} */ (['roadwatch', 'peer']).filter((side) =>
      sizesOf[side].every(({ held }) => held),
    );
    /** @type {Record<'roadwatch' | 'peer', Figures[]>} */
    const figures = { roadwatch: [], peer: [] };
    for (let run = 0; run < runs; run += 1) {
      for (const side of run % 2 === 0 ? taking : taking.toReversed()) {
        console.error(`${cameras} cameras, run ${run + 1} of ${runs}: ${side}`);
        const server = await RtspServer.start(clips, cameras);
        try {
          figures[side].push(await sides[side](server.url, { cameras, seconds, interval }));
        } finally {
          await server.close();
        }
      }
    }
    for (const side of taking) sizesOf[side].push(summarise(cameras, figures[side], seconds));
  }
  console.log(table(sizesOf));
  if (plotFile !== undefined) writeFileSync(plotFile, drawing(sizesOf));
  const growth = Object.fromEntries(Object.entries(sizesOf).map(([side, all]) => [side, growthOf(all)]));
  console.log(JSON.stringify({ profile, seconds, interval, runs, machine: machine(), growth, ...sizesOf }));
}

/**
 * @param {number} cameras
 * @param {readonly Figures[]} runs
 * @param {number} seconds
 * @returns {Size}
 */
function summarise(cameras, runs, seconds) {
  const of = (/** @type {(run: Figures) => number | null} */ value) => spread(runs.map(value));
  const size = {
    cameras,
    runs: runs.length,
    connected: of((run) => run.connected),
    cores: of((run) => Number((run.cpu_s / seconds).toFixed(3))),
    cpu_ms_per_analysis: of((run) => run.cpu_ms_per_analysis),
    latency_p50_ms: of((run) => run.latency_ms.p50),
    latency_p95_ms: of((run) => run.latency_ms.p95),
    on_time: of((run) => run.on_time),
    rss_mb: of((run) => run.rss_mb),
    event_loop_p99_ms: of((run) => run.event_loop_p99_ms ?? null),
  };
  const held =
    size.connected.median === cameras &&
    (size.on_time.median ?? 0) >= heldOnTime &&
    (size.latency_p95_ms.median ?? Number.POSITIVE_INFINITY) < heldLatencyMs;
  return { ...size, held };
}

/** @param {Sides} sides */
function table(sides) {
  const rows = Object.entries(sides).flatMap(([side, all]) =>
    all.map((size) => {
      const cells = columns.map(([name]) => spreadText(size[name]));
      const name = sideNames[/** @type {keyof Sides} */ (side)];
      return `| ${[size.cameras, name, ...cells, size.held ? 'yes' : 'no'].join(' | ')} |`;
    }),
  );
  const head = ['cameras', 'side', ...columns.map(([, words]) => words), 'held'];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows, ...growthText(sides), ''].join('\n');
}

/**
 * The straight lines that are nearest to the medians of the sizes that were held.
 *
 * @param {readonly Size[]} sizes
 */
function growthOf(sizes) {
  const of = (/** @type {'cores' | 'rss_mb'} */ name) =>
    line(sizes.filter(({ held }) => held).map((size) => [size.cameras, size[name].median ?? 0]));
  return { cores: of('cores'), rss_mb: of('rss_mb') };
}

/** @param {Sides} sides */
function growthText(sides) {
  return Object.entries(sides).map(([side, all]) => {
    const { cores, rss_mb: memory } = growthOf(all);
    const name = sideNames[/** @type {keyof Sides} */ (side)];
    if (cores === null || memory === null) return `\n${name}: too few sizes for a line`;
    const [coresLine, memoryLine] = [`${cores.slope} cores (R² ${cores.r2})`, `${memory.slope} MB (R² ${memory.r2})`];
    return `\n${name}: each camera ${coresLine} and ${memoryLine}`;
  });
}

/** @param {Sides} sides */
function drawing(sides) {
  const series = (/** @type {'cores' | 'rss_mb'} */ value) =>
    Object.entries(sides).map(([side, all]) => ({
      name: sideNames[/** @type {keyof Sides} */ (side)],
      points: all.map((size) => /** @type {const} */ ([size.cameras, size[value].median ?? 0])),
    }));
  return plot('What each more camera costs, Roadwatch and its peer', [
    { title: 'Processor cores in use', series: series('cores') },
    { title: 'Memory, MB', series: series('rss_mb') },
  ]);
}
