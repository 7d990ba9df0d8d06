import { describe, expect, test } from 'vitest';
import { detectionResultMessage, detectionResultMessageSchema } from '../../../src/bus/topics.ts';
import {
  captureTimestamp,
  detectedObjects,
  groupImages,
  trafficGroups,
} from '../../../src/detect/detection-message.ts';
import type { DetectionEvent } from '../../../src/native.ts';
import { detectionTimings } from '../../support/fake-engine.ts';

const classNames = ['person', 'bicycle', 'car'];

const event: DetectionEvent = {
  type: 'detection',
  cameraId: '7',
  capturedAtMs: Date.UTC(2025, 2, 4, 5, 6, 7, 89),
  imageWidth: 1280,
  imageHeight: 720,
  objects: [
    { classId: 2, confidence: 0.9, bbox: [10, 20, 110, 80] },
    { classId: 0, confidence: 0.8, bbox: [500, 300, 520, 360] },
    { classId: 0, confidence: 0.7, bbox: [90, 30, 130, 120] },
    { classId: 2, confidence: 0.5, bbox: [60, 30, 100, 60] },
  ],
  groups: [
    {
      members: [0, 2, 3],
      bbox: [10, 20, 130, 120],
      meanConfidence: 0.7,
      crop: {
        jpeg: Buffer.from('jpeg'),
        bbox: [0, 8, 142, 132],
        widthPx: 142,
        heightPx: 124,
        differenceHash: '00ff00ff00ff00ff',
      },
    },
  ],
  timings: detectionTimings,
};

describe('an analysed frame becomes', () => {
  test('objects by class name, without a risk', () => {
    expect(detectedObjects(event, classNames)[1]).toEqual({
      class: 'person',
      confidence: 0.8,
      bbox: [500, 300, 520, 360],
      level: 'none',
    });
  });

  test('groups numbered from 1, in both spellings, each class once', () => {
    expect(trafficGroups(event, classNames)).toEqual([
      {
        groupIndex: 1,
        objectCount: 3,
        memberCount: 3,
        bbox: [10, 20, 130, 120],
        groupBbox: [10, 20, 130, 120],
        classes: ['car', 'person'],
        averageConfidence: 0.7,
        avgConfidence: 0.7,
        riskLevel: 'none',
        memberIndices: [0, 2, 3],
      },
    ]);
  });

  test('pictures of the groups as plain base64', () => {
    expect(groupImages(event, classNames)).toEqual([
      {
        groupIndex: 1,
        imageBase64: 'anBlZw==',
        bbox: [0, 8, 142, 132],
        objectCount: 3,
        classes: ['car', 'person'],
        imageWidth: 142,
        imageHeight: 124,
        differenceHash: '00ff00ff00ff00ff',
      },
    ]);
  });

  test('no picture of a group where nobody wanted one', () => {
    const [group] = event.groups;
    const bare = { ...event, groups: [{ members: [0, 2], bbox: group?.bbox ?? [0, 0, 0, 0], meanConfidence: 0.7 }] };
    expect(groupImages(bare as DetectionEvent, classNames)).toEqual([]);
  });

  test('a stamp of the moment of capture, in UTC', () => {
    expect(captureTimestamp(event)).toBe('2025-03-04T05:06:07.089Z');
  });

  test('a bus message that fits its schema, with an id of its own', () => {
    const message = detectionResultMessage(event, classNames);
    expect(detectionResultMessageSchema.parse(message)).toEqual(message);
    expect(message).toMatchObject({ cameraId: '7', imageWidth: 1280, imageHeight: 720, processTime: 0.25 });
    expect(Object.keys(message).toSorted()).toEqual([
      'cameraId',
      'detectedObjects',
      'groupImages',
      'imageHeight',
      'imageWidth',
      'processTime',
      'requestId',
      'timestamp',
      'trafficGroups',
    ]);
    expect(detectionResultMessage(event, classNames).requestId).not.toBe(message.requestId);
  });
});
