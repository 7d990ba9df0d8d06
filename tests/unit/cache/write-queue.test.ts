import { beforeEach, expect, test } from 'vitest';
import { alertNotice } from '../../../src/cache/alert-notice.ts';
import { type Write, WriteQueue } from '../../../src/cache/write-queue.ts';
import { alertEvent, assessedDetection } from '../../support/assessed.ts';

/** Reason and name. */
let dropped: string[];
let queue: WriteQueue;

beforeEach(() => {
  dropped = [];
  queue = new WriteQueue(3, (reason, write) => dropped.push(`${reason} ${names([write])}`));
});

function detection(requestId: string, cameraId: string, dueMs = 1000): Write {
  return { kind: 'detection', cameraId, detection: assessedDetection(requestId, { cameraId }), isNewest: true, dueMs };
}

function notice(id: string): Write {
  const made = alertNotice(alertEvent(id));
  if (made === undefined) throw new Error('no notice');
  return { kind: 'alert', cameraId: made.cameraId, notice: made };
}

const names = (writes: readonly Write[]) =>
  writes.map((write) => (write.kind === 'alert' ? write.notice.id : write.detection.requestId));

test('what waits is taken in order, so much at a time', () => {
  for (const id of ['a', 'b', 'c']) queue.add(detection(id, '7'));
  expect(names(queue.take(2, 0))).toEqual(['a', 'b']);
  expect(names(queue.take(2, 0))).toEqual(['c']);
  expect(queue.take(2, 0)).toEqual([]);
});

test('full, the newest of a camera takes the place of its oldest', () => {
  for (const [id, cameraId] of [
    ['a1', 'a'],
    ['b1', 'b'],
    ['b2', 'b'],
    ['b3', 'b'],
  ] as const) {
    queue.add(detection(id, cameraId));
  }
  expect(names(queue.takeAll())).toEqual(['a1', 'b2', 'b3']);
  expect(dropped).toEqual(['full b1']);
});

test('full, the first of a camera takes the place of the oldest of all', () => {
  for (const [id, cameraId] of [
    ['a1', 'a'],
    ['b1', 'b'],
    ['b2', 'b'],
    ['c1', 'c'],
  ] as const) {
    queue.add(detection(id, cameraId));
  }
  expect(names(queue.takeAll())).toEqual(['b1', 'b2', 'c1']);
});

test('alerts stay while there is a detection to let go; then the oldest goes, and only for another', () => {
  queue.add(notice('first'));
  queue.add(detection('d1', '7'));
  queue.add(notice('second'));
  queue.add(notice('third'));
  queue.add(detection('d2', '7'));
  expect(queue.size).toBe(3);
  queue.add(notice('fourth'));
  expect(names(queue.takeAll())).toEqual(['second', 'third', 'fourth']);
  expect(dropped).toEqual(['full d1', 'full d2', 'full first']);
});

test('what is out of date is not taken, alerts excepted', () => {
  queue.add(detection('old', '7', 100));
  queue.add(notice('alert'));
  queue.add(detection('new', '7', 101));
  expect(names(queue.take(10, 100))).toEqual(['alert', 'new']);
  expect(dropped).toEqual(['expired old']);
});

test('what is given back is the oldest again, as far as there is room', () => {
  for (const id of ['a', 'b']) queue.add(detection(id, '7'));
  const taken = [...queue.take(2, 0), notice('alert')];
  queue.add(detection('c', '7'));
  queue.giveBack(taken);
  expect(names(queue.takeAll())).toEqual(['b', 'alert', 'c']);
  expect(dropped).toEqual(['full a']);
});
