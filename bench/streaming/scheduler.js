/**
 * One, two and four processes of the scheduler, each bounded by its calls in flight: throughput with as many tasks as they
 * can take, how evenly the partitions are shared out, and how long those of a process that is killed go unanswered.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { rounded, spread, spreadText } from '../statistics.js';
import { PlainProducer } from './feed.js';
import { measureHandover } from './handover.js';
import { latencyMs, sendTask, startSchedulers, untilShared } from './schedulers.js';
import { Site } from './site.js';
import { table } from './table.js';
import { TopicLog } from './topic-log.js';

const sizes = [1, 2, 4];
const callsInFlight = 8;
const cameras = 128;
/** Tasks of one camera that are under way; all of them are more than all processes have calls. */
const tasksOfCamera = 2;
const warmupMs = 8000;
const answerLimitMs = 60_000;

/** @typedef {{per_second: number, shares: number[], unanswered: number}} Throughput */

/** @param {import('../streaming.js').StreamingOptions} options */
export async function scheduler({ seconds, runs, print }) {
  const site = await Site.open(['--latency-ms', String(latencyMs)]);
  const log = await TopicLog.open(site.address);
  const producer = await PlainProducer.open(site.address);
  try {
    /** @type {Record<string, Throughput[]>} By how many processes. */
    const throughput = {};
    const handovers = [];
    for (let run = 1; run <= runs; run += 1) {
      for (const size of sizes) {
        console.error(`run ${run}: ${size} processes`);
        throughput[size] = [...(throughput[size] ?? []), await measureThroughput(site, log, producer, size, seconds)];
      }
      console.error(`run ${run}: one of two is killed`);
      handovers.push(await measureHandover(site, log, producer));
    }
    print(text(throughput, handovers));
    return { cameras, calls_in_flight: callsInFlight, latency_ms: latencyMs, throughput, handovers };
  } finally {
    await producer.close();
    await site.close();
    await log.close();
  }
}

/**
 * @param {Site} site
 * @param {TopicLog} log
 * @param {PlainProducer} producer
 * @param {number} size
 * @param {number} seconds
 * @returns {Promise<Throughput>}
 */
async function measureThroughput(site, log, producer, size, seconds) {
  const services = await startSchedulers(site, size, callsInFlight);
  let answered = 0;
  let isOver = false;
  const leave = log.onEntry((topic, _id, { cameraId, metadata }) => {
    if (topic !== 'risk-assessment-results') return;
    if (metadata.llmModel === 'fake-vl') answered += 1;
    if (!isOver) void sendTask(producer, cameraId);
  });
  try {
    const shares = await untilShared(services);
    const first = Array.from({ length: cameras * tasksOfCamera }, (_, index) => `camera-${index % cameras}`);
    for (const cameraId of first) void sendTask(producer, cameraId);
    await log.expect('an answer of the model', () => answered > 0, answerLimitMs);
    await wait(warmupMs);
    answered = 0;
    const startedMs = performance.now();
    await wait(seconds * 1000);
    const perSecond = rounded(answered / ((performance.now() - startedMs) / 1000), 1);
    isOver = true;
    const tasks = log.entries['assessment-tasks'] ?? new Map();
    const results = log.entries['risk-assessment-results'] ?? new Map();
    await log.until(() => results.size >= tasks.size, answerLimitMs);
    return { per_second: perSecond, shares, unanswered: tasks.size - results.size };
  } finally {
    leave();
    await Promise.all(services.map((service) => site.stop(service)));
  }
}

/**
 * @param {Record<string, Throughput[]>} throughput
 * @param {readonly Awaited<ReturnType<typeof measureHandover>>[]} handovers
 */
function text(throughput, handovers) {
  const medianOf = (/** @type {string} */ size) =>
    spread((throughput[size] ?? []).map((one) => one.per_second)).median ?? Number.NaN;
  const rows = Object.entries(throughput).map(([size, all]) => [
    size,
    spreadText(spread(all.map((one) => one.per_second))),
    rounded(medianOf(size) / medianOf('1'), 2),
    rounded((Number(size) * callsInFlight * 1000) / latencyMs, 0),
    spreadText(spread(all.flatMap((one) => one.shares))),
    spreadText(spread(all.map((one) => one.unanswered))),
  ]);
  const columns = ['answers of the model, /s', 'times one', 'as many as fit, /s', 'partitions of each', 'unanswered'];
  const of = (/** @type {'partitions' | 'unanswered'} */ name) =>
    spreadText(spread(handovers.map((handover) => handover[name])));
  const seconds = (/** @type {'taken_ms' | 'first_ms' | 'all_ms'} */ name) =>
    spreadText(spread(handovers.map((handover) => rounded(handover[name] / 1000, 1))));
  return [
    table(['processes', ...columns], rows),
    table(
      [
        'one of two killed: its partitions',
        'the other has them, s',
        'first answered, s',
        'all answered, s',
        'unanswered',
      ],
      [[of('partitions'), seconds('taken_ms'), seconds('first_ms'), seconds('all_ms'), of('unanswered')]],
    ),
  ].join('\n');
}
