/**
 * One, two and four processes of the scheduler, each bounded by its calls in flight: throughput with as many tasks as they
 * can take, and how long the cameras of a process that is killed go unanswered.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { syntheticPicture } from '../../dist/streaming-test/synthetic-picture.js';
import { percentile, rounded, spread, spreadText } from '../statistics.js';
import { PlainProducer } from './feed.js';
import { Site } from './site.js';
import { table } from './table.js';
import { TopicLog } from './topic-log.js';

const sizes = [1, 2, 4];
const callsInFlight = 8;
const latencyMs = 400;
const cameras = 128;
/** Tasks of one camera that are under way; all of them are more than all processes have calls. */
const tasksOfCamera = 2;
const warmupMs = 8000;
/** Where a process is killed: tasks at a pace that the other can hold. */
const handoverPerSecond = 8;
const handoverCameras = 32;
const handoverLimitMs = 40_000;

const picture = syntheticPicture(4000).toString('base64');

/** @param {import('../streaming.js').StreamingOptions} options */
export async function scheduler({ seconds, runs }) {
  const site = await Site.open(['--latency-ms', String(latencyMs)]);
  const log = await TopicLog.open(site.address);
  const producer = await PlainProducer.open(site.address);
  try {
    /** @type {Record<string, number[]>} */
    const throughput = {};
    for (let run = 0; run < runs; run += 1) {
      for (const size of sizes) {
        console.error(`run ${run + 1}: ${size} processes`);
        throughput[size] = [...(throughput[size] ?? []), await measureThroughput(site, log, producer, size, seconds)];
      }
    }
    const handovers = [];
    for (let run = 0; run < runs; run += 1) {
      console.error(`run ${run + 1}: one of two is killed`);
      handovers.push(await measureHandover(site, log, producer));
    }
    print(throughput, handovers);
    return { cameras, calls_in_flight: callsInFlight, latency_ms: latencyMs, per_second: throughput, handovers };
  } finally {
    await producer.close();
    await site.close();
    await log.close();
  }
}

/**
 * Each with a key of its own, by which its answers are known.
 *
 * @param {Site} site
 * @param {number} size
 */
function startSchedulers(site, size) {
  return Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const keysFile = join(site.folder, `keys-${index + 1}.yaml`);
      const key = {
        id: `process-${index + 1}`,
        api_key: site.provider.keys[index],
        qps_limit: 1000,
        rpm_limit: 60_000,
      };
      // JSON is YAML, too.
      writeFileSync(keysFile, JSON.stringify({ api_keys: [key] }));
      return site.start(['llm-scheduler'], {
        settings: {
          risk: { deadlineMs: 120_000, maxTasks: 5000, reuse: { enabled: false } },
          llm: {
            baseUrl: site.provider.baseUrl,
            model: 'fake-vl',
            keysFile,
            maxConcurrentCalls: callsInFlight,
            hedgeShare: 0,
          },
        },
      });
    }),
  );
}

/**
 * @param {Site} site
 * @param {TopicLog} log
 * @param {PlainProducer} producer
 * @param {number} size
 * @param {number} seconds
 */
async function measureThroughput(site, log, producer, size, seconds) {
  const services = await startSchedulers(site, size);
  let answered = 0;
  let isOver = false;
  const leave = log.onEntry((topic, _id, { cameraId, metadata }) => {
    if (topic !== 'risk-assessment-results') return;
    if (metadata.llmModel === 'fake-vl') answered += 1;
    if (!isOver) void sendTask(producer, cameraId);
  });
  for (let index = 0; index < cameras * tasksOfCamera; index += 1) void sendTask(producer, `camera-${index % cameras}`);
  await log.until(() => answered > 0, 60_000);
  await wait(warmupMs);
  answered = 0;
  const startedMs = performance.now();
  await wait(seconds * 1000);
  const perSecond = rounded(answered / ((performance.now() - startedMs) / 1000), 1);
  isOver = true;
  const tasks = log.entries['assessment-tasks'] ?? new Map();
  const results = log.entries['risk-assessment-results'] ?? new Map();
  await log.until(() => results.size >= tasks.size, 60_000);
  leave();
  await Promise.all(services.map((service) => site.stop(service)));
  return perSecond;
}

/**
 * @param {Site} site
 * @param {TopicLog} log
 * @param {PlainProducer} producer
 */
async function measureHandover(site, log, producer) {
  const [first, second] = await startSchedulers(site, 2);
  /** @type {Map<string, {key: string, atMs: number}>} By camera: who answered last, and when. */
  const newest = new Map();
  const leave = log.onEntry((topic, _id, { cameraId, metadata, atMs }) => {
    if (topic === 'risk-assessment-results') newest.set(cameraId, { key: metadata.apiKeyId, atMs });
  });
  let sent = 0;
  const timer = setInterval(() => {
    void sendTask(producer, `camera-${sent % handoverCameras}`);
    sent += 1;
  }, 1000 / handoverPerSecond);
  const answeredBy = (/** @type {string} */ key) =>
    [...newest].filter(([, one]) => one.key === key).map(([cameraId]) => cameraId);
  await log.until(() => newest.size === handoverCameras && answeredBy('process-1').length > 0, 60_000);
  // Every camera is asked about once in this time, so that it is known who has it.
  await wait((handoverCameras / handoverPerSecond) * 1000 + warmupMs);
  await first?.kill();
  const killedMs = Date.now();
  const orphans = answeredBy('process-1');
  const isTaken = (/** @type {string} */ cameraId) => newest.get(cameraId)?.key === 'process-2';
  await log.until(() => orphans.some(isTaken), handoverLimitMs);
  const firstMs = Date.now() - killedMs;
  await log.until(() => orphans.every(isTaken), handoverLimitMs);
  const lastMs = Date.now() - killedMs;
  clearInterval(timer);
  const tasks = log.entries['assessment-tasks'] ?? new Map();
  const results = log.entries['risk-assessment-results'] ?? new Map();
  await log.until(() => results.size >= tasks.size, 60_000);
  leave();
  for (const service of [first, second]) if (service !== undefined) await site.stop(service);
  return { cameras: orphans.length, first_ms: firstMs, all_ms: lastMs, unanswered: tasks.size - results.size };
}

/**
 * @param {PlainProducer} producer
 * @param {string} cameraId
 */
function sendTask(producer, cameraId) {
  const taskId = randomUUID();
  const object = (/** @type {number} */ left) => ({
    class: 'car',
    confidence: 0.9,
    bbox: [left, 100, left + 60, 140],
    level: 'none',
  });
  const message = {
    taskId,
    requestId: taskId,
    cameraId,
    timestamp: new Date().toISOString(),
    groupIndex: 1,
    groupImageBase64: picture,
    detectedObjects: [object(100), object(220)],
    groupMetadata: { objectCount: 2, classes: ['car'] },
  };
  const value = Buffer.from(JSON.stringify(message));
  return producer.send({ topic: 'assessment-tasks', key: cameraId, id: taskId, value });
}

/**
 * @param {Record<string, number[]>} throughput
 * @param {{first_ms: number, all_ms: number, cameras: number, unanswered: number}[]} handovers
 */
function print(throughput, handovers) {
  const one = percentile(throughput[1] ?? [], 0.5) ?? Number.NaN;
  const rows = Object.entries(throughput).map(([size, all]) => [
    size,
    spreadText(spread(all)),
    rounded((spread(all).median ?? Number.NaN) / one, 2),
    rounded((Number(size) * callsInFlight * 1000) / latencyMs, 0),
  ]);
  console.log(table(['processes', 'answers of the model, /s', 'times one', 'as many as fit, /s'], rows));
  const seconds = (/** @type {'first_ms' | 'all_ms'} */ name) =>
    spreadText(spread(handovers.map((handover) => Math.round(handover[name] / 100) / 10)));
  const columns = ['one of two killed: cameras', 'first answered again, s', 'all answered again, s', 'unanswered'];
  const count = (/** @type {'cameras' | 'unanswered'} */ name) => spreadText(spread(handovers.map((one) => one[name])));
  console.log(table(columns, [[count('cameras'), seconds('first_ms'), seconds('all_ms'), count('unanswered')]]));
}
