/** What may be left out of decoding where keyframes come every 10 s: what it gains, and what it costs. */
import { longGopKinds, preparedLongGopClips, preparedTool } from './prepare.js';
import { run } from './processes.js';

const framesPerSecond = 25;

/** @typedef {{cpu_ms: number, psnr_median_db: number, psnr_least_db: number}} Outcome */

/** @param {{profile: string, interval: number}} options */
export async function longGop({ profile, interval }) {
  const tool = await preparedTool('roadwatch_long_gop');
  const results = [];
  for (const kind of longGopKinds) {
    for (const { name, file } of await preparedLongGopClips(profile, kind)) {
      const outcome = JSON.parse(await run(tool, [file, String(Math.round(framesPerSecond * interval))]));
      results.push({ clip: name, kind, ...outcome });
    }
  }
  console.log(table(results));
  console.log(JSON.stringify({ profile, interval, results }));
}

/** @param {readonly Record<string, any>[]} results */
function table(results) {
  const cell = (/** @type {Outcome} */ { cpu_ms, psnr_least_db }) =>
    `${cpu_ms.toFixed(1)} (${psnr_least_db === 100 ? 'same' : `${psnr_least_db.toFixed(1)} dB`})`;
  const lines = results.map((result) => {
    const { full, no_unreferred, no_loop_filter, no_unreferred_no_loop_filter } = result;
    const cells = [no_unreferred, no_loop_filter, no_unreferred_no_loop_filter].map(cell);
    return `| ${result.clip}, ${result.kind} | ${full.cpu_ms.toFixed(1)} | ${cells.join(' | ')} |`;
  });
  return [
    '| CPU ms for one analysis (worst PSNR) | all decoded | without unreferred | without loop filter | without both |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
