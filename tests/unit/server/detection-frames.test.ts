import { describe, expect, test } from 'vitest';
import type { DetectionEvent } from '../../../src/native.ts';
import { type DetectionContext, DetectionFrames } from '../../../src/server/detection-frames.ts';
import { detection } from '../../support/fake-engine.ts';

const context: DetectionContext = {
  modelType: 'nanodet-g',
  classNames: ['person', 'car'],
  supportedClasses: ['car'],
  serverDrawEnabled: true,
};
const rawJpeg = Buffer.from([0xff, 0xd8, 1, 2, 3]);
const drawnJpeg = Buffer.from([0xff, 0xd8, 9]);
const uri = (jpeg: Buffer) => `data:image/jpeg;base64,${jpeg.toString('base64')}`;

function framesOf(overrides: Partial<DetectionEvent> = {}): DetectionFrames {
  return new DetectionFrames(detection('7', overrides), context);
}

function dataOf(frames: DetectionFrames, feed: 'none' | 'raw' | 'drawn' | 'both') {
  return JSON.parse(frames.text(7, feed)).data;
}

describe('the text frame', () => {
  test('has every field of the contract', () => {
    expect(JSON.parse(framesOf().text(7, 'none'))).toEqual({
      type: 'detection_result',
      data: {
        cameraId: 7,
        timestamp: '2025-06-01T12:30:15.250Z',
        frame: '',
        rawFrame: '',
        imageWidth: 1280,
        imageHeight: 720,
        detectedObjects: [
          { class: 'person', confidence: 0.9, bbox: [10, 20, 30, 60], level: 'none' },
          { class: 'car', confidence: 0.5, bbox: [40, 20, 90, 60], level: 'none' },
        ],
        trafficGroups: [
          {
            groupIndex: 1,
            objectCount: 2,
            memberCount: 2,
            bbox: [10, 20, 90, 60],
            groupBbox: [10, 20, 90, 60],
            classes: ['person', 'car'],
            averageConfidence: 0.7,
            avgConfidence: 0.7,
            riskLevel: 'none',
            memberIndices: [0, 1],
          },
        ],
        groupImages: [],
        dangerousDrivingResults: [],
        hasDangerousDriving: false,
        maxRiskLevel: 'none',
        processTime: 0.25,
        llmLatency: 0,
        llmModel: '',
        llmRawText: '',
        modelType: 'nanodet-g',
        supportedClasses: ['car'],
        trackingEnabled: false,
        serverDrawEnabled: true,
      },
    });
  });

  test.each([
    ['none', '', ''],
    ['raw', '', uri(rawJpeg)],
    ['drawn', uri(drawnJpeg), ''],
    ['both', uri(drawnJpeg), uri(rawJpeg)],
  ] as const)('of the feed %s has its pictures', (feed, frame, rawFrame) => {
    expect(dataOf(framesOf({ rawJpeg, drawnJpeg }), feed)).toMatchObject({ frame, rawFrame });
  });

  test('shows the raw picture where the server does not draw', () => {
    expect(dataOf(framesOf({ rawJpeg }), 'drawn').frame).toBe(uri(rawJpeg));
  });

  test('has the pictures of groups in all feeds but the lean one', () => {
    const crop = {
      jpeg: rawJpeg,
      bbox: [0, 8, 102, 72] as const,
      widthPx: 102,
      heightPx: 64,
      differenceHash: '0123456789abcdef',
    };
    const frames = framesOf({ groups: [{ members: [0, 1], bbox: [10, 20, 90, 60], meanConfidence: 0.7, crop }] });
    expect(dataOf(frames, 'none').groupImages).toEqual([]);
    expect(dataOf(frames, 'raw').groupImages).toEqual([
      {
        groupIndex: 1,
        imageBase64: rawJpeg.toString('base64'),
        bbox: [0, 8, 102, 72],
        objectCount: 2,
        classes: ['person', 'car'],
        imageWidth: 102,
        imageHeight: 64,
        differenceHash: '0123456789abcdef',
      },
    ]);
  });
});

describe('the binary frame', () => {
  test('is the length of its head as a big-endian u32, the head, and the JPEG as it is', () => {
    const head = '{"cameraId":7,"timestamp":"2025-06-01T12:30:15.250Z","kind":"raw","mime":"image/jpeg"}';
    const expected = Buffer.concat([Buffer.from([0, 0, 0, head.length]), Buffer.from(head), rawJpeg]);
    expect(framesOf({ rawJpeg }).picture(7)).toEqual(expected);
  });

  test('counts the bytes of its head, not the letters', () => {
    const picture = framesOf({ rawJpeg }).picture('门口') as Buffer;
    const headBytes = picture.readUInt32BE(0);
    expect(JSON.parse(picture.subarray(4, 4 + headBytes).toString()).cameraId).toBe('门口');
    expect(picture.subarray(4 + headBytes)).toEqual(rawJpeg);
  });

  test('does not exist without a picture', () => {
    expect(framesOf().picture(7)).toBeUndefined();
  });
});

test('the same is made once; what differs is made anew', () => {
  const frames = framesOf({ rawJpeg });
  expect(frames.picture(7)).toBe(frames.picture(7));
  expect(frames.picture('7')).not.toEqual(frames.picture(7));
  expect(new Set([frames.text(7, 'raw'), frames.text('7', 'raw'), frames.text(7, 'none')]).size).toBe(3);
});
