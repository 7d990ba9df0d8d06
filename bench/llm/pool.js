/** Our side: the pool under a load of questions at random moments. Reads its `Spec` from standard input. */
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { Secret } from '../../dist/assess/keys/secret.js';
import { KeyPool } from '../../dist/assess/pool/key-pool.js';
import { realClock } from '../../dist/time/clock.js';
import { seededRandom } from '../../dist/time/random.js';
import { percentiles } from './spec.js';

/** Replies this long after their deadline count as lost. */
const lostAfterMs = 2000;

/** @type {import('./spec.js').Spec} */
const spec = JSON.parse(await text(process.stdin));
const random = seededRandom(1);
/** @type {number[]} */
const overheadUs = [];
let hedges = 0;
let isMeasuring = false;

const pool = new KeyPool({
  keys: keySet(spec),
  options: { maxInFlight: spec.max_in_flight },
  observer: {
    onOverhead: (ms) => {
      if (isMeasuring) overheadUs.push(ms * 1000);
    },
    onHedge: (event) => {
      if (isMeasuring && event === 'sent') hedges += 1;
    },
  },
});

/** @typedef {{priority: 'high' | 'medium' | 'low', askedMs: number, reply?: any, repliedMs?: number}} Asked */
/** @type {Asked[]} */
const measured = [];
const startedMs = performance.now();
const beginMs = startedMs + spec.warmup_seconds * 1000;
const endMs = beginMs + spec.seconds * 1000;
let usageAtBegin = process.cpuUsage();
let cpuSeconds = 0;

for (let dueMs = startedMs; dueMs < endMs; dueMs += gapMs()) {
  const waitMs = dueMs - performance.now();
  if (waitMs > 0) await wait(waitMs);
  if (!isMeasuring && performance.now() >= beginMs) begin();
  ask();
}
await wait(Math.max(0, endMs - performance.now()));
const { user, system } = process.cpuUsage(usageAtBegin);
cpuSeconds = (user + system) / 1e6;
console.log('end');
isMeasuring = false;
await wait(spec.deadline_ms + lostAfterMs);
console.log(JSON.stringify(figures()));
await pool.close();

function begin() {
  isMeasuring = true;
  usageAtBegin = process.cpuUsage();
  console.log('begin');
}

/** Between two questions that come at random. */
function gapMs() {
  return (-Math.log(1 - random()) * 1000) / spec.per_second;
}

function ask() {
  const askedMs = performance.now();
  /** @type {Asked} */
  const asked = { priority: drawPriority(), askedMs };
  if (isMeasuring) measured.push(asked);
  pool
    .ask({
      priority: asked.priority,
      deadlineMs: realClock.monotonicMs() + spec.deadline_ms,
      estimatedTokens: { prompt: 1800, answer: 120 },
      bodyFor: () => ({ messages: spec.messages, response_format: { type: 'json_object' } }),
      faultOf: (answer) => (answer.startsWith('{') ? undefined : 'expected JSON'),
      repairBodyFor: () => ({ messages: spec.messages }),
    })
    .then((reply) => {
      asked.reply = reply;
      asked.repliedMs = performance.now();
    });
}

function drawPriority() {
  const drawn = random();
  if (drawn < spec.priorities.high) return 'high';
  return drawn < spec.priorities.high + spec.priorities.medium ? 'medium' : 'low';
}

/** @returns {import('./spec.js').SideFigures} */
function figures() {
  const answered = measured.filter(({ reply }) => reply?.outcome === 'answered');
  const replied = measured.filter(({ repliedMs }) => repliedMs !== undefined);
  const took = (/** @type {Asked} */ { askedMs, repliedMs = askedMs }) => repliedMs - askedMs;
  /** @type {Record<string, number>} */
  const reasons = {};
  for (const { reply } of replied) {
    if (reply.outcome === 'unanswered') reasons[reply.reason] = (reasons[reply.reason] ?? 0) + 1;
  }
  return {
    asked: measured.length,
    answered: answered.length,
    lost: measured.length - replied.length,
    late: replied.filter((asked) => took(asked) > spec.deadline_ms).length,
    reasons,
    reply_ms: percentiles(replied.map(took)),
    answer_ms: percentiles(answered.map(took)),
    by_priority: Object.fromEntries(['high', 'medium', 'low'].map((priority) => [priority, shares(priority)])),
    overhead_us: percentiles(overheadUs),
    hedges,
    cpu_s: Number(cpuSeconds.toFixed(2)),
  };
}

/** @param {string} priority */
function shares(priority) {
  const asked = measured.filter((one) => one.priority === priority);
  return { asked: asked.length, answered: asked.filter(({ reply }) => reply?.outcome === 'answered').length };
}

/**
 * @param {import('./spec.js').Spec} given
 * @returns {import('../../dist/assess/keys/key-set.js').KeySet}
 */
function keySet({ keys }) {
  const limits = (/** @type {number} */ perSecond) => ({
    requestsPerSecond: perSecond,
    requestsPerMinute: perSecond * 60,
  });
  const groups = new Map(keys.map(({ group, per_second }) => [group, { id: group, limits: limits(per_second) }]));
  const endpoints = new Map(
    keys.map(({ baseUrl }) => [baseUrl, { id: baseUrl, baseUrl, model: 'fake', structuredOutput: 'json_object' }]),
  );
  return {
    endpoints: /** @type {any} */ ([...endpoints.values()]),
    groups: [...groups.values()],
    keys: keys.map(({ id, secret, group, baseUrl }) => ({
      id,
      secret: new Secret(secret),
      priority: 0,
      group,
      endpoint: baseUrl,
      limits: {},
    })),
  };
}
