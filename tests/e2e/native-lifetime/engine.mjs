/** What the scripts of this folder share: the addon and the smallest pipeline. */
import { fileURLToPath } from 'node:url';
import { native } from '../../../dist/native.js';

export { native };

export const clip = fileURLToPath(new URL('../../../demo/street-walkers.mp4', import.meta.url));
const sidePx = 640;

export function openPipeline(onEvent = () => undefined) {
  return new native.Pipeline(
    {
      threads: 1,
      batchDeadlineMs: 0,
      jpegQuality: 80,
      model: { family: 'yolov8', classNames: ['person'], stridePx: 32, longSidePx: sidePx },
      detection: { confidence: 0.35, iou: 0.5, maxObjects: 10, allowedClassIds: [0], rivalClassIds: [] },
      grouping: { distancePx: 150, minMembers: 2, cropMarginPx: 12 },
      backoff: { firstMs: 1000, maxMs: 1000, hopelessMs: 1000 },
    },
    onEvent,
  );
}

export function openLane(pipeline) {
  return new native.InferenceLane(pipeline.id, 1, new Float32Array(3 * sidePx * sidePx));
}

export function camera(cameraId) {
  return {
    cameraId,
    url: clip,
    allowFiles: true,
    transport: 'tcp',
    connectTimeoutMs: 1000,
    readTimeoutMs: 1000,
    intervalMs: 100,
    decodePolicy: 'auto',
    hardwareDecode: 'none',
    priority: 1,
    maxReuseMs: 0,
    playback: 'live',
  };
}

/** The code of the error that the call ends with. */
export async function codeOf(call) {
  try {
    await call();
    return 'none';
  } catch (error) {
    return error.code;
  }
}
