/** Both sides in turn, on the same cameras, model file and input size; a table, and one JSON line last. */
import { availableParallelism, cpus } from 'node:os';
import { inputSize } from './cameras.js';
import { preparedClips, preparedPython, RtspServer } from './prepare.js';
import { here, run } from './processes.js';
import { spread, spreadText } from './statistics.js';

export const modelFile = here('../models/nanodet-g-int8.onnx');

/** What is told of each side: name, where it stands in the figures, unit. */
const rows = [
  { name: 'cpu_ms_per_analysis', words: 'CPU time an analysis', unit: 'ms' },
  { name: 'cpu_s', words: 'CPU time, all of it', unit: 's' },
  { name: 'latency_ms.p50', words: 'latency, median', unit: 'ms' },
  { name: 'latency_ms.p95', words: 'latency, 95th percentile', unit: 'ms' },
  { name: 'rss_mb', words: 'memory, largest', unit: 'MB' },
  { name: 'event_loop_p99_ms', words: 'event loop, late by at most (99 %)', unit: 'ms' },
  { name: 'on_time', words: 'analysed of those due', unit: '' },
  { name: 'connected', words: 'cameras connected', unit: '' },
  { name: 'analysed', words: 'frames analysed', unit: '' },
  { name: 'objects', words: 'objects an analysis', unit: '' },
  { name: 'groups', words: 'groups an analysis', unit: '' },
];

/** @typedef {import('./cameras.js').Figures} Figures */

/** @typedef {(url: string, load: import('./cameras.js').Load) => Promise<Figures>} Side */

/** Each side as a process of its own. */
export async function bothSides() {
  const python = await preparedPython();
  const peer = [here('peer/baseline.py'), '--model', modelFile, '--size', inputSize];
  return {
    /** @type {Side} */
    roadwatch: (url, load) => measure(process.execPath, [here('main.js'), 'cameras'], url, load),
    /** @type {Side} */
    peer: (url, load) => measure(python, peer, url, load),
  };
}

/** @param {import('./cameras.js').Load & {runs: number, profile: string}} options */
export async function compare({ runs, profile, ...load }) {
  const clips = await preparedClips(profile, load.seconds);
  const sides = await bothSides();
  /** @type {{roadwatch: Figures[], peer: Figures[]}} */
  const figures = { roadwatch: [], peer: [] };
  const server = await RtspServer.start(clips, load.cameras);
  try {
    for (let number = 0; number < runs; number += 1) {
      // Who comes first changes, so that neither always finds the warmer machine.
      const order = /** @type {const} */ (number % 2 === 0 ? ['roadwatch', 'peer'] : ['peer', 'roadwatch']);
      for (const side of order) {
        console.error(`run ${number + 1} of ${runs}: ${side}`);
        figures[side].push(await sides[side](server.url, load));
      }
    }
  } finally {
    await server.close();
  }
  const results = rows.map((row) => summarise(row, figures));
  console.log(table(results));
  console.log(JSON.stringify({ profile, ...report(load, runs, results) }));
}

/**
 * One side's figures: the last line that it prints.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {string} url
 * @param {import('./cameras.js').Load} load
 * @returns {Promise<Figures>}
 */
async function measure(program, programArguments, url, { cameras, seconds, interval }) {
  const flags = ['--url', url, '--cameras', cameras, '--seconds', seconds, '--interval', interval].map(String);
  const output = await run(program, [...programArguments, ...flags]);
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
}

/**
 * @param {(typeof rows)[number]} row
 * @param {{roadwatch: Figures[], peer: Figures[]}} figures
 */
function summarise(row, figures) {
  const of = (/** @type {Figures[]} */ side) => spread(side.map((one) => figureAt(one, row.name)));
  const [roadwatch, peer] = [of(figures.roadwatch), of(figures.peer)];
  const comparable = roadwatch.median && peer.median;
  return { ...row, roadwatch, peer, ratio: comparable ? Number((peer.median / roadwatch.median).toFixed(2)) : null };
}

/**
 * @param {object} figures
 * @param {string} name
 * @returns {number | null}
 */
function figureAt(figures, name) {
  return name
    .split('.')
    .reduce((value, part) => /** @type {any} */ (value)[part] ?? null, /** @type {any} */ (figures));
}

/** @param {ReturnType<typeof summarise>[]} results */
function table(results) {
  const lines = results.map(({ words, unit, roadwatch, peer, ratio }) => {
    const name = unit === '' ? words : `${words}, ${unit}`;
    return `| ${name} | ${spreadText(roadwatch)} | ${spreadText(peer)} | ${ratio ?? '–'} |`;
  });
  return [
    '| median (smallest … largest) | Roadwatch | peer | peer / Roadwatch |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}

/** What the figures were taken on. */
export function machine() {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
}

/**
 * @param {import('./cameras.js').Load} load
 * @param {number} runs
 * @param {ReturnType<typeof summarise>[]} results
 */
function report(load, runs, results) {
  const of = (/** @type {'roadwatch' | 'peer' | 'ratio'} */ key) =>
    Object.fromEntries(results.map((result) => [result.name, result[key]]));
  return { ...load, runs, machine: machine(), roadwatch: of('roadwatch'), peer: of('peer'), ratio: of('ratio') };
}
