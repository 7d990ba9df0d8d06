/** What scene gating saves, and what it would hide: every clip with it and without, frame by frame. */
import { engineOptions } from '../dist/config/engine-options.js';
import { configSchema } from '../dist/config/schema.js';
import { startEngine } from '../dist/detect/start-engine.js';
import { here } from './processes.js';

const clips = ['street-walkers', 'market-street-1906', 'highway'];
const intervalMs = 500;
const maxReuseMs = 10_000;
/** Two boxes of one class that overlap so much are the same object. */
const sameObjectIou = 0.5;

/** @typedef {import('../src/native.ts').DetectionEvent} DetectionEvent */

export async function gating() {
  const rows = [];
  for (const clip of clips) {
    const full = await analyse(clip, 0);
    const gated = await analyse(clip, maxReuseMs);
    rows.push({ clip, ...compareRuns(full, gated) });
  }
  console.log(table(rows));
  console.log(JSON.stringify({ intervalMs, maxReuseMs, sameObjectIou, clips: rows }));
}

/**
 * @param {string} clip
 * @param {number} reuseMs
 * @returns {Promise<DetectionEvent[]>}
 */
async function analyse(clip, reuseMs) {
  const config = configSchema.parse({ allowFiles: true });
  /** @type {DetectionEvent[]} */
  const events = [];
  let resolveEnded = () => {};
  const ended = new Promise((resolve) => {
    resolveEnded = () => resolve(undefined);
  });
  const engine = await startEngine(engineOptions(config), {
    onDetection: (event) => events.push(event),
    onState: (_cameraId, { state }) => {
      if (state === 'ended') resolveEnded();
    },
    onLog: ({ message }) => console.error(message),
  });
  engine.addCamera({
    cameraId: clip,
    url: here(`../demo/${clip}.mp4`),
    allowFiles: true,
    transport: 'tcp',
    connectTimeoutMs: 5000,
    readTimeoutMs: 5000,
    intervalMs,
    priority: 1,
    maxReuseMs: reuseMs,
    decodePolicy: 'all',
    hardwareDecode: 'none',
    playback: 'every-frame',
  });
  await ended;
  await engine.close();
  return events;
}

/**
 * @param {readonly DetectionEvent[]} full
 * @param {readonly DetectionEvent[]} gated
 */
function compareRuns(full, gated) {
  const byTime = new Map(gated.map((event) => [event.mediaTimeMs, event]));
  let objects = 0;
  let missed = 0;
  for (const { mediaTimeMs, objects: seen } of full) {
    const other = byTime.get(mediaTimeMs)?.objects ?? [];
    objects += seen.length;
    missed += seen.filter((one) => !other.some((two) => isSame(one, two))).length;
  }
  const reused = gated.filter((event) => event.reused).length;
  return { frames: full.length, reused, objects, missed };
}

/**
 * @param {import('../src/native.ts').NativeObject} one
 * @param {import('../src/native.ts').NativeObject} two
 */
function isSame(one, two) {
  return one.classId === two.classId && iou(one.bbox, two.bbox) >= sameObjectIou;
}

/**
 * @param {import('../src/native.ts').BBox} a
 * @param {import('../src/native.ts').BBox} b
 */
function iou(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = (/** @type {import('../src/native.ts').BBox} */ box) => (box[2] - box[0]) * (box[3] - box[1]);
  return shared / (area(a) + area(b) - shared);
}

/** @param {readonly {clip: string, frames: number, reused: number, objects: number, missed: number}[]} rows */
function table(rows) {
  return [
    '| clip | frames | reused | objects without gating | of these missed with it |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${Object.values(row).join(' | ')} |`),
    '',
  ].join('\n');
}
