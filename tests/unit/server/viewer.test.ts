/** A viewer over a connection whose room is the test's. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CameraRegistry } from '../../../src/camera/camera-registry.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { CameraProbe } from '../../../src/server/camera-probe.ts';
import { DetectionFrames } from '../../../src/server/detection-frames.ts';
import { Viewer } from '../../../src/server/viewer.ts';
import { parseViewerOptions } from '../../../src/server/viewer-options.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { detection, FakeEngine } from '../../support/fake-engine.ts';

const maxBufferedBytes = 1000;

let sent: (string | Buffer)[];
let buffered: number;
let hasRoom: boolean;
let closedWith: number | undefined;
let skipped: number;
let viewer: Viewer;
let registry: CameraRegistry;

const take = (message: string | Buffer) => {
  if (hasRoom) sent.push(message);
  return hasRoom;
};

beforeEach(() => {
  sent = [];
  buffered = 0;
  hasRoom = true;
  closedWith = undefined;
  skipped = 0;
  const config = configSchema.parse({});
  registry = new CameraRegistry({ engine: new FakeEngine(), config, cropsWanted: () => false });
  const context = { modelType: 'm', classNames: ['person'], supportedClasses: [], serverDrawEnabled: true };
  const addresses = { pin: (url: string) => url };
  viewer = new Viewer(
    {
      sendText: (message) => take(message.toString()),
      sendBinary: take,
      bufferedBytes: () => buffered,
      close: (code) => {
        closedWith = code;
      },
    },
    parseViewerOptions('frames=none&pictures=binary'),
    {
      role: 'operator',
      registry,
      addresses,
      probe: new CameraProbe(config, addresses, () => Promise.reject(new Error('unreachable'))),
      clock: new ManualClock(),
      limits: { maxMessageBytes: 65_536, maxMessagesPerSecond: 1000, maxBufferedBytes },
      onFrameSkipped: () => {
        skipped += 1;
      },
      onStart: () => undefined,
      framesOf: (event) => new DetectionFrames(event, context),
    },
  );
  receive({ type: 'start_stream', data: { cameraId: 'gate', rtspUrl: 'rtsp://camera.example/' } });
});

function receive(message: object): void {
  viewer.receive(Buffer.from(JSON.stringify(message)), false);
}

describe('frames', () => {
  test.each([
    [0, 1],
    [maxBufferedBytes / 2, 1],
    [maxBufferedBytes / 2 + 1, 0],
  ])('with %i bytes unread: %i is given', (unread, given) => {
    buffered = unread;
    registry.handleDetection(detection('gate'));
    expect([sent.length, skipped]).toEqual([given, 1 - given]);
  });

  test('that did not fit after all are counted, once each, and the connection stays', () => {
    hasRoom = false;
    registry.handleDetection(detection('gate', { rawJpeg: Buffer.from('jpeg') }));
    registry.handleDetection(detection('gate'));
    expect([skipped, closedWith]).toEqual([2, undefined]);
  });
});

test('an answer that does not fit ends the connection: it may not be skipped', () => {
  hasRoom = false;
  receive({ type: 'ping' });
  expect(closedWith).toBe(1013);
});

test('a check that ends after the viewer has gone answers nobody', async () => {
  receive({ type: 'check_camera', data: { cameraId: 1, rtspUrl: 'rtsp://camera.example/' } });
  viewer.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent).toEqual([]);
  expect(registry.list()).toEqual([]);
});

describe('refused messages', () => {
  function refuse(times: number): void {
    for (let count = 0; count < times; count += 1) viewer.receive(Buffer.from('nonsense'), false);
  }

  test('a hundred in a row end the connection', () => {
    refuse(99);
    expect(closedWith).toBeUndefined();
    refuse(1);
    expect(closedWith).toBe(1008);
  });

  test('one that is good forgives those before it', () => {
    refuse(99);
    receive({ type: 'ping' });
    refuse(99);
    expect(closedWith).toBeUndefined();
  });
});
