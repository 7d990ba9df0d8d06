import type { DetectionResultMessage } from '../bus/topics.ts';
import type { DetectedObject, GroupImage, TrafficGroup } from '../detect/detection-message.ts';
import type { BBox } from '../native.ts';
import { pictureHeightPx, pictureWidthPx } from './synthetic-picture.ts';

export interface SyntheticDetection {
  readonly cameraId: string;
  readonly requestId: string;
  /** Counts the camera's detections, from 0. */
  readonly sequence: number;
  readonly groups: number;
  /** JPEG, base64: that of each group. */
  readonly pictureBase64: string;
  /** UTC. */
  readonly capturedAtMs: number;
}

const imageWidth = 1280;
const imageHeight = 720;
/** Two parked cars. */
const carPx = { width: 60, height: 40 };
const gapPx = 60;
const groupPx = { width: 2 * carPx.width + gapPx, height: carPx.height };
const columnPx = 240;
const columns = 5;
const rowPx = 80;
const confidence = 0.9;

/**
 * A detection of groups that are no danger: two cars each, with space between them. From one detection to the next they are
 * in other places, so that each is a new scene, to be assessed at once.
 */
export function syntheticDetection(wanted: SyntheticDetection): DetectionResultMessage {
  const boxes = Array.from({ length: wanted.groups }, (_, index) => placeOf(wanted.sequence, index));
  return {
    requestId: wanted.requestId,
    cameraId: wanted.cameraId,
    timestamp: new Date(wanted.capturedAtMs).toISOString(),
    detectedObjects: boxes.flatMap(carsIn),
    trafficGroups: boxes.map(groupOf),
    groupImages: boxes.map((bbox, index) => imageOf(bbox, index, wanted.pictureBase64)),
    imageWidth,
    imageHeight,
    processTime: 0,
  };
}

function placeOf(sequence: number, index: number): BBox {
  const left = 20 + (sequence % columns) * columnPx;
  const top = 20 + index * rowPx;
  return [left, top, left + groupPx.width, top + groupPx.height];
}

function carsIn([left, top, right, bottom]: BBox): DetectedObject[] {
  const car = (bbox: BBox): DetectedObject => ({ class: 'car', confidence, bbox, level: 'none' });
  return [car([left, top, left + carPx.width, bottom]), car([right - carPx.width, top, right, bottom])];
}

function groupOf(bbox: BBox, index: number): TrafficGroup {
  return {
    groupIndex: index + 1,
    objectCount: 2,
    memberCount: 2,
    bbox,
    groupBbox: bbox,
    classes: ['car'],
    averageConfidence: confidence,
    avgConfidence: confidence,
    riskLevel: 'none',
    memberIndices: [2 * index, 2 * index + 1],
  };
}

function imageOf(bbox: BBox, index: number, imageBase64: string): GroupImage {
  return {
    groupIndex: index + 1,
    imageBase64,
    bbox,
    objectCount: 2,
    classes: ['car'],
    imageWidth: pictureWidthPx,
    imageHeight: pictureHeightPx,
  };
}
