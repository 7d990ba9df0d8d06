/**
 * Measures this engine as the service runs it: its registry, its engine, and the message of a viewer who wants every
 * picture, made of every analysed frame. The figures are those that peer/baseline.py prints, taken the same way.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { CameraRegistry } from '../dist/camera/camera-registry.js';
import { engineOptions } from '../dist/config/engine-options.js';
import { configSchema } from '../dist/config/schema.js';
import { startEngine } from '../dist/detect/start-engine.js';
import { DetectionFrames } from '../dist/server/detection-frames.js';
import { percentile, rounded } from './statistics.js';

/** The peer's, and that of the model at 16:9. */
export const inputSize = '384x640';

/**
 * @typedef {object} Load
 * @property {number} cameras
 * @property {number} seconds How long is measured, once every camera has given a frame.
 * @property {number} interval Seconds between two analyses of one camera.
 *
 * @typedef {object} Figures
 * @property {number} cameras
 * @property {number} connected Cameras that gave a frame.
 * @property {number} analysed
 * @property {number} expected Analyses that were due.
 * @property {number} on_time `analysed / expected`
 * @property {{p50: number | null, p95: number | null}} latency_ms Packet received → message ready.
 * @property {number} cpu_s Of the whole process while it measured.
 * @property {number} cpu_ms_per_analysis
 * @property {number} rss_mb Largest.
 * @property {number} objects An analysis.
 * @property {number} groups An analysis.
 * @property {number} event_loop_p99_ms How late the main thread came to its timers, of 10 ms each.
 */

/** Longest wait for the last camera's first frame. */
const settleSeconds = 20;
/** Of the timers that show how late the event loop is. */
const timerMs = 10;

/** Looks at every camera, wants all pictures, and makes the message of each frame. */
class Consumer {
  pictures = { raw: true, drawn: true, crops: true };
  /** @type {Set<string>} Cameras that gave a frame. */
  connected = new Set();
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
    this.connected.add(event.cameraId);
    this.objects += event.objects.length;
    this.groups += event.groups.length;
  }

  /** Forgets what came before the measured time. */
  clear() {
    this.latenciesMs = [];
    this.objects = 0;
    this.groups = 0;
  }

  /** Nobody but the measurement itself ends its cameras. */
  onStopped() {}

  /**
   * @param {string} cameraId
   * @param {unknown} error
   */
  onRefused(cameraId, error) {
    console.error(`camera ${cameraId} could not be started:`, error);
  }
}

/**
 * @param {Load & {url: string}} load `url` with `{n}` for the camera's number, from 1.
 * @returns {Promise<Figures>}
 */
export async function measureCameras({ url, cameras, seconds, interval }) {
  const config = configSchema.parse({
    maxCameras: cameras,
    analysis: { intervalMs: Math.round(interval * 1000) },
    detector: { providers: ['cpu'], precision: 'int8', inputSize },
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

  // As real cameras: their keyframes and due times do not fall together.
  for (let number = 1; number <= cameras; number += 1) {
    registry.start(`cam${number}`, url.replaceAll('{n}', String(number)), consumer);
    await wait((interval * 1000) / cameras);
  }
  const settledByMs = performance.now() + settleSeconds * 1000;
  while (consumer.connected.size < cameras && performance.now() < settledByMs) await wait(50);
  await wait(interval * 1000);
  consumer.clear();
  const delay = monitorEventLoopDelay({ resolution: timerMs });
  delay.enable();
  const before = process.cpuUsage();
  await wait(seconds * 1000);
  const cpu = process.cpuUsage(before);
  delay.disable();
  const run = { cameras, seconds, interval, cpuSeconds: (cpu.user + cpu.system) / 1e6 };
  const figures = { ...summarise(consumer, run), event_loop_p99_ms: lateMs(delay.percentile(99)) };
  registry.close('measured');
  await engine.close();
  return figures;
}

/**
 * @param {Consumer} consumer
 * @param {Load & {cpuSeconds: number}} run
 * @returns {Omit<Figures, 'event_loop_p99_ms'>}
 */
function summarise(consumer, { cameras, seconds, interval, cpuSeconds }) {
  const analysed = consumer.latenciesMs.length;
  const each = Math.max(1, analysed);
  const expected = Math.round((consumer.connected.size * seconds) / interval);
  return {
    cameras,
    connected: consumer.connected.size,
    analysed,
    expected,
    on_time: rounded(analysed / Math.max(1, expected), 3),
    latency_ms: { p50: percentile(consumer.latenciesMs, 0.5), p95: percentile(consumer.latenciesMs, 0.95) },
    cpu_s: rounded(cpuSeconds, 2),
    cpu_ms_per_analysis: rounded((cpuSeconds * 1000) / each, 1),
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    objects: rounded(consumer.objects / each, 2),
    groups: rounded(consumer.groups / each, 2),
  };
}

/**
 * The histogram holds the time from one timer to the next.
 *
 * @param {number} nanoseconds
 */
function lateMs(nanoseconds) {
  return rounded(Math.max(0, nanoseconds / 1e6 - timerMs), 1);
}
