/** Processes of the scheduler, each bounded by its calls in flight and with a key of its own, and tasks for them. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { syntheticPicture } from '../../dist/streaming-test/synthetic-picture.js';
import { partitions } from './topic-log.js';

export const latencyMs = 400;
const assignedLabels = 'topic="assessment-tasks",reader="llm-scheduler"';
const shareLimitMs = 60_000;
const pollMs = 50;
const picture = syntheticPicture(4000).toString('base64');

/**
 * Each is known by its key, `process-1` and on.
 *
 * @param {import('./site.js').Site} site
 * @param {number} size
 * @param {number} callsInFlight
 */
export function startSchedulers(site, size, callsInFlight) {
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
 * How many partitions a process has, as it says itself; 0 while it does not answer.
 *
 * @param {import('../service.js').Service} service
 */
export async function partitionsOf(service) {
  try {
    return (await service.metrics()).value('kafka_assigned_partitions', assignedLabels);
  } catch {
    return 0;
  }
}

/**
 * Waits until all partitions are shared out, to each a part; gives how many each has.
 *
 * @param {readonly import('../service.js').Service[]} services
 */
export async function untilShared(services) {
  const untilMs = performance.now() + shareLimitMs;
  for (;;) {
    const shares = await Promise.all(services.map(partitionsOf));
    const isShared = shares.every((share) => share > 0) && shares.reduce((sum, share) => sum + share, 0) === partitions;
    if (isShared) return shares;
    if (performance.now() > untilMs) throw new Error(`partitions are not shared out: ${shares.join(', ')}`);
    await wait(pollMs);
  }
}

/**
 * Resolves when the broker has it.
 *
 * @param {import('./feed.js').PlainProducer} producer
 * @param {string} cameraId
 */
export function sendTask(producer, cameraId) {
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
