import { expect, test, vi } from 'vitest';
import { DetectionPublisher } from '../../../src/bus/detection-publisher.ts';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import type { DetectionEvent } from '../../../src/native.ts';
import { detectionTimings } from '../../support/fake-engine.ts';

function detection(cameraId: string, capturedAtMs = 0): DetectionEvent {
  return {
    type: 'detection',
    cameraId,
    capturedAtMs,
    imageWidth: 10,
    imageHeight: 10,
    objects: [{ classId: 0, confidence: 0.9, bbox: [0, 0, 1, 1] }],
    groups: [],
    timings: detectionTimings,
  };
}

function createBus(maxPendingPerSubscriber = 10): MemoryBus {
  return new MemoryBus({ maxPendingPerSubscriber, onHandlerError: () => {} });
}

test('a detection reaches the readers of the bus, by its camera', async () => {
  const bus = createBus();
  const onLost = vi.fn();
  const handler = vi.fn();
  bus.subscribe('detection-results', 'onlooker', handler);
  new DetectionPublisher(bus, { onLost }).publish(detection('7'), ['person']);
  await bus.close();
  expect(handler).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ cameraId: '7' }), '7', expect.anything());
  expect(onLost).not.toHaveBeenCalled();
});

test('without a reader nothing is made', async () => {
  const bus = createBus();
  const publish = vi.spyOn(bus, 'publish');
  new DetectionPublisher(bus, { onLost: () => {} }).publish(detection('7'), ['person']);
  expect(publish).not.toHaveBeenCalled();
});

test('what readers are too slow for is said, and memory stays bounded', async () => {
  const bus = createBus(1);
  const onLost = vi.fn();
  bus.subscribe('detection-results', 'onlooker', () => new Promise(() => {}));
  const publisher = new DetectionPublisher(bus, { maxWaiting: 2, onLost });
  // The first is accepted and being handled, two wait, the fourth finds no place.
  publisher.publish(detection('7', 1), ['person']);
  await new Promise((resolve) => setImmediate(resolve));
  publisher.publish(detection('7', 2), ['person']);
  publisher.publish(detection('7', 3), ['person']);
  expect(onLost).not.toHaveBeenCalled();
  const message = publisher.publish(detection('7', 4), ['person']);
  expect(onLost).toHaveBeenCalledExactlyOnceWith('7', 'bus-full');
  // The box's own screen has it all the same.
  expect(message).toMatchObject({ cameraId: '7' });
});

test('a message that the bus refuses is said', async () => {
  const bus = createBus();
  const onLost = vi.fn();
  bus.subscribe('detection-results', 'onlooker', () => {});
  new DetectionPublisher(bus, { onLost }).publish({ ...detection('7'), imageWidth: 0 }, ['person']);
  await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce());
  expect(onLost).toHaveBeenCalledWith('7', expect.objectContaining({ code: 'bad-message' }));
});
