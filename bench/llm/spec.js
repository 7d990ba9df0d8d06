import { percentile } from '../statistics.js';

/**
 * @typedef {object} KeyOfSpec
 * @property {string} id
 * @property {string} secret
 * @property {string} group Keys of one account.
 * @property {string} baseUrl
 * @property {number} per_second What the account allows, shared by its keys.
 * @property {number} keys_in_group
 *
 * @typedef {object} Spec What a side is given on its standard input, as JSON.
 * @property {KeyOfSpec[]} keys
 * @property {number} per_second Questions, at random moments.
 * @property {number} warmup_seconds
 * @property {number} seconds That are measured.
 * @property {number} deadline_ms Of each question.
 * @property {number} max_in_flight
 * @property {Record<'high' | 'medium' | 'low', number>} priorities Shares.
 * @property {object[]} messages
 *
 * @typedef {object} SideFigures What a side prints last; it prints `begin` and `end` around what is measured.
 * @property {number} asked
 * @property {number} answered By the model.
 * @property {number} lost Without any reply, long after their deadline.
 * @property {number} late Replies after the deadline.
 * @property {Record<string, number>} reasons Of questions that the model did not answer.
 * @property {Percentiles} reply_ms Of all replies.
 * @property {Percentiles} answer_ms Of answers by the model.
 * @property {Record<string, {asked: number, answered: number}>} [by_priority]
 * @property {Percentiles} [overhead_us]
 * @property {number} [hedges]
 * @property {number} cpu_s
 *
 * @typedef {{p50: number | null, p95: number | null, p99: number | null}} Percentiles
 */

/**
 * @param {readonly number[]} values
 * @returns {Percentiles}
 */
export function percentiles(values) {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), p99: percentile(values, 0.99) };
}
