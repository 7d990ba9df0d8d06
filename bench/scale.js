/** From one camera to a hundred, both sides in turn: what each more costs; a table, a plot, and one JSON line last. */
import { writeFileSync } from 'node:fs';
import { bothSides, machine } from './compare.js';
import { plot } from './plot.js';
import { preparedClips, RtspServer } from './prepare.js';

const sizes = [1, 2, 5, 10, 20, 50, 75, 100];
/** A side holds its cameras while it does so much of what is due, so soon. */
const heldOnTime = 0.98;
const heldLatencyMs = 1000;

/** @typedef {import('./cameras.js').Figures} Figures */
/** @typedef {Record<'roadwatch' | 'peer', Figures[]>} Figured */

/** @param {Omit<import('./cameras.js').Load, 'cameras'> & {profile: string, plotFile: string | undefined}} options */
export async function scale({ seconds, interval, profile, plotFile }) {
  const clips = await preparedClips(profile, seconds);
  const sides = await bothSides();
  /** @type {Figured} */
  const figures = { roadwatch: [], peer: [] };
  for (const cameras of sizes) {
    for (const side of /** @type {const} */ (['roadwatch', 'peer'])) {
      // Beyond what a side holds, it only shows that it does not.
      if (figures[side].some((before) => !holds(before))) continue;
      console.error(`${cameras} cameras: ${side}`);
      const server = await RtspServer.start(clips, cameras);
      try {
        figures[side].push(await sides[side](server.url, { cameras, seconds, interval }));
      } finally {
        await server.close();
      }
    }
  }
  console.log(table(figures, seconds));
  if (plotFile !== undefined) writeFileSync(plotFile, drawing(figures, seconds));
  console.log(JSON.stringify({ profile, seconds, interval, machine: machine(), ...figures }));
}

/** @param {Figures} figures */
function holds({ cameras, connected, on_time: onTime, latency_ms: latencyMs }) {
  return connected === cameras && onTime >= heldOnTime && (latencyMs.p95 ?? Infinity) < heldLatencyMs;
}

/**
 * @param {Figured} figures
 * @param {number} seconds
 */
function table(figures, seconds) {
  const rows = Object.entries(figures).flatMap(([side, runs]) =>
    runs.map((run) =>
      [
        run.cameras,
        side === 'peer' ? 'peer' : 'Roadwatch',
        (run.cpu_s / seconds).toFixed(2),
        run.cpu_ms_per_analysis,
        run.latency_ms.p50,
        run.latency_ms.p95,
        run.on_time,
        run.rss_mb,
        run.event_loop_p99_ms ?? '–',
        holds(run) ? 'yes' : 'no',
      ].join(' | '),
    ),
  );
  return [
    '| cameras | side | cores | ms an analysis | latency p50, ms | p95, ms | on time | memory, MB | event loop p99, ms | held |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
}

/**
 * @param {Figured} figures
 * @param {number} seconds
 */
function drawing(figures, seconds) {
  const series = (/** @type {(run: Figures) => number} */ value) =>
    Object.entries(figures).map(([side, runs]) => ({
      name: side === 'peer' ? 'peer' : 'Roadwatch',
      points: runs.map((run) => /** @type {const} */ ([run.cameras, value(run)])),
    }));
  return plot('What each more camera costs, Roadwatch and its peer', [
    { title: 'Processor cores in use', series: series((run) => run.cpu_s / seconds) },
    { title: 'Memory, MB', series: series((run) => run.rss_mb) },
  ]);
}
