/**
 * Measures this engine as the service runs it: its registry, its engine, and the message of a viewer who wants every
 * picture, made of every analysed frame. The figures are those that peer/baseline.py prints, taken the same way.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { CameraRegistry } from '../dist/camera/camera-registry.js';
import { engineOptions } from '../dist/config/engine-options.js';
import { configSchema } from '../dist/config/schema.js';
import { startEngine } from '../dist/detect/start-engine.js';
import { DetectionFrames } from '../dist/server/detection-frames.js';

/** The peer's, and that of the model at 16:9. */
export const inputSize = '384x640';

/**
 * @typedef {object} Load
 * @property {number} cameras
 * @property {number} seconds How long is measured, from the first camera's start.
 * @property {number} interval Seconds between two analyses of one camera.
 *
 * @typedef {object} Figures
 * @property {number} cameras
 * @property {number} connected Cameras that gave a frame.
 * @property {number} analysed
 * @property {number} expected Analyses that were due, from each camera's first analysed frame on.
 * @property {number} on_time `analysed / expected`
 * @property {{p50: number | null, p95: number | null}} latency_ms Packet received → message ready.
 * @property {number} cpu_s Of the whole process while it measured; the model's load is left out.
 * @property {number} cpu_ms_per_analysis
 * @property {number} rss_mb Largest.
 * @property {number} objects An analysis.
 * @property {number} groups An analysis.
 */

/** Looks at every camera, wants all pictures, and makes the message of each frame. */
class Consumer {
  pictures = { raw: true, drawn: true, crops: true };
  /** @type {Map<string, number>} When each camera's first analysed frame was taken: UTC milliseconds. */
  firstMs = new Map();
  /** @type {number[]} */
  latenciesMs = [];
  objects = 0;
  groups = 0;
  #context;

  /** @param {import('../src/server/detection-frames.ts').DetectionContext} context */
  constructor(context) {
    this.#context = context;
  }

  /** @param {import('../src/native.ts').DetectionEvent} event */
  onDetection(event) {
    new DetectionFrames(event, this.#context).text(event.cameraId, 'both');
    this.latenciesMs.push(Date.now() - event.capturedAtMs);
    if (!this.firstMs.has(event.cameraId)) this.firstMs.set(event.cameraId, event.capturedAtMs);
    this.objects += event.objects.length;
    this.groups += event.groups.length;
  }

  /** Nobody but the measurement itself ends its cameras. */
  onStopped() {}
}

/**
 * @param {Load & {url: string}} load `url` with `{n}` for the camera's number, from 1.
 * @returns {Promise<Figures>}
 */
export async function measureCameras({ url, cameras, seconds, interval }) {
  const config = configSchema.parse({
    maxCameras: cameras,
    analysis: { intervalMs: Math.round(interval * 1000) },
    detector: { providers: ['cpu'], inputSize },
  });
  /** @type {CameraRegistry | undefined} */
  let registry;
  const engine = await startEngine(engineOptions(config), {
    onDetection: (event) => registry?.handleDetection(event),
    onState: (cameraId, connection) => {
      if ('fault' in connection) console.error(`camera ${cameraId}: ${connection.fault.message}`);
    },
    onLog: ({ level, message }) => {
      if (level !== 'info') console.error(message);
    },
  });
  const { model, classNames } = engine.details();
  const consumer = new Consumer({
    modelType: model,
    classNames,
    supportedClasses: config.detection.classes,
    serverDrawEnabled: true,
  });
  registry = new CameraRegistry({ engine, config, cropsWanted: () => false });

  const before = process.cpuUsage();
  for (let number = 1; number <= cameras; number += 1) {
    registry.start(`cam${number}`, url.replaceAll('{n}', String(number)), consumer);
  }
  await wait(seconds * 1000);
  const cpu = process.cpuUsage(before);
  const figures = summarise(consumer, { cameras, interval, cpuSeconds: (cpu.user + cpu.system) / 1e6 });
  registry.close('measured');
  await engine.close();
  return figures;
}

/**
 * @param {Consumer} consumer
 * @param {{cameras: number, interval: number, cpuSeconds: number}} run
 * @returns {Figures}
 */
function summarise(consumer, { cameras, interval, cpuSeconds }) {
  const endMs = Date.now();
  const analysed = consumer.latenciesMs.length;
  const each = Math.max(1, analysed);
  const dueSince = (/** @type {number} */ firstMs) => 1 + Math.floor((endMs - firstMs) / (interval * 1000));
  const expected = [...consumer.firstMs.values()].reduce((sum, firstMs) => sum + dueSince(firstMs), 0);
  const latencies = consumer.latenciesMs.toSorted((a, b) => a - b);
  const percentile = (/** @type {number} */ share) => {
    const value = latencies[Math.floor(analysed * share)];
    return value === undefined ? null : rounded(value, 1);
  };
  return {
    cameras,
    connected: consumer.firstMs.size,
    analysed,
    expected,
    on_time: rounded(analysed / Math.max(1, expected), 3),
    latency_ms: { p50: percentile(0.5), p95: percentile(0.95) },
    cpu_s: rounded(cpuSeconds, 2),
    cpu_ms_per_analysis: rounded((cpuSeconds * 1000) / each, 1),
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    objects: rounded(consumer.objects / each, 2),
    groups: rounded(consumer.groups / each, 2),
  };
}

/**
 * @param {number} value
 * @param {number} digits
 */
function rounded(value, digits) {
  return Number(value.toFixed(digits));
}
