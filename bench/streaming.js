/** The stages in many processes, joined by a real Kafka broker: what faults cost, and how fast it is. README.md has the parts. */
import { machine } from './compare.js';
import { kill } from './streaming/kill.js';
import { latency } from './streaming/latency.js';
import { outage, outageModes } from './streaming/outage.js';
import { scheduler } from './streaming/scheduler.js';
import { uplink } from './streaming/uplink.js';

/**
 * @typedef {object} StreamingOptions
 * @property {number} kills Of each role.
 * @property {number} outage Seconds that the broker is away.
 * @property {number} seconds Of what is measured over time.
 * @property {number} runs Of what is measured several times.
 * @property {number | undefined} cameras
 * @property {readonly string[]} modes Of the outage.
 * @property {(text: string) => void} print Takes tables.
 */

/** @type {Record<string, (options: StreamingOptions) => Promise<object>>} */
const parts = { kill, broker: outage, latency, scheduler, uplink };

export { outageModes };
export const streamingParts = [...Object.keys(parts), 'all'];

/**
 * Prints tables, and one JSON line for each part: what was measured, on what, and how long that took.
 *
 * @param {string} part
 * @param {StreamingOptions} options
 */
export async function streaming(part, options) {
  for (const [name, measure] of Object.entries(parts)) {
    if (part !== name && part !== 'all') continue;
    const startedMs = performance.now();
    const figures = await measure(options);
    const took = { took_s: Math.round((performance.now() - startedMs) / 1000) };
    console.log(JSON.stringify({ part: name, machine: machine(), ...took, ...figures }));
  }
}
