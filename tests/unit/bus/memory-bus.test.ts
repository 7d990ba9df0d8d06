import { describe, expect, test, vi } from 'vitest';
import { MemoryBus } from '../../../src/bus/memory-bus.ts';
import type { AssessmentTaskMessage } from '../../../src/bus/topics.ts';

function task(taskId: string): AssessmentTaskMessage {
  return {
    taskId,
    requestId: 'r',
    cameraId: '1',
    timestamp: '2025-01-01T00:00:00.000Z',
    groupIndex: 1,
    groupImageBase64: '',
    detectedObjects: [],
    groupMetadata: { objectCount: 2, classes: ['person'] },
  };
}

function createBus(maxPendingPerSubscriber?: number) {
  const onHandlerError = vi.fn();
  const limit = maxPendingPerSubscriber === undefined ? {} : { maxPendingPerSubscriber };
  return { bus: new MemoryBus({ ...limit, onHandlerError }), onHandlerError };
}

/** A handler that finishes when it is told to. */
function heldHandler() {
  const seen: string[] = [];
  const releases: (() => void)[] = [];
  const handler = (message: AssessmentTaskMessage) => {
    seen.push(message.taskId);
    return new Promise<void>((resolve) => releases.push(resolve));
  };
  return { seen, handler, release: () => releases.shift()?.() };
}

/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('publish', () => {
  test('reaches every subscriber of the topic, and only those', async () => {
    const { bus } = createBus();
    const first = vi.fn();
    const second = vi.fn();
    const other = vi.fn();
    bus.subscribe('assessment-tasks', 'onlooker', first);
    bus.subscribe('assessment-tasks', 'onlooker', second);
    bus.subscribe('detection-results', 'onlooker', other);
    await bus.publish('assessment-tasks', '1', task('a'));
    expect(first).toHaveBeenCalledExactlyOnceWith(task('a'), '1', expect.anything());
    expect(second).toHaveBeenCalledOnce();
    expect(other).not.toHaveBeenCalled();
  });

  test('refuses a message that does not fit its topic', async () => {
    const { bus } = createBus();
    const handler = vi.fn();
    bus.subscribe('assessment-tasks', 'onlooker', handler);
    const bad = { ...task('a'), groupIndex: 0 };
    await expect(bus.publish('assessment-tasks', '1', bad)).rejects.toMatchObject({ code: 'bad-message' });
    expect(handler).not.toHaveBeenCalled();
  });

  test('a subscriber that has left hears nothing more', async () => {
    const { bus } = createBus();
    const handler = vi.fn();
    const leave = bus.subscribe('assessment-tasks', 'onlooker', handler);
    expect(bus.hasSubscribers('assessment-tasks')).toBe(true);
    leave();
    expect(bus.hasSubscribers('assessment-tasks')).toBe(false);
    await bus.publish('assessment-tasks', '1', task('a'));
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('order', () => {
  test('messages of one key are handled one after another, those of others meanwhile', async () => {
    const { bus } = createBus();
    const { seen, handler, release } = heldHandler();
    bus.subscribe('assessment-tasks', 'onlooker', handler);
    await bus.publish('assessment-tasks', '1', task('1a'));
    await bus.publish('assessment-tasks', '1', task('1b'));
    await bus.publish('assessment-tasks', '2', task('2a'));
    expect(seen).toEqual(['1a', '2a']);
    release();
    await settled();
    expect(seen).toEqual(['1a', '2a', '1b']);
  });

  test('a full queue makes publishers wait, and lets them in by turns', async () => {
    const { bus } = createBus(1);
    const { seen, handler, release } = heldHandler();
    bus.subscribe('assessment-tasks', 'onlooker', handler);
    await bus.publish('assessment-tasks', '1', task('a'));
    const accepted: string[] = [];
    const waiting = ['b', 'c'].map((id) =>
      bus.publish('assessment-tasks', '1', task(id)).then(() => accepted.push(id)),
    );
    await settled();
    expect(accepted).toEqual([]);
    release();
    await settled();
    expect(accepted).toEqual(['b']);
    release();
    await Promise.all(waiting);
    expect(accepted).toEqual(['b', 'c']);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('publishers that wait for a subscriber that leaves go on', async () => {
    const { bus } = createBus(1);
    const { seen, handler } = heldHandler();
    const leave = bus.subscribe('assessment-tasks', 'onlooker', handler);
    await bus.publish('assessment-tasks', '1', task('a'));
    const waiting = bus.publish('assessment-tasks', '1', task('b'));
    leave();
    await waiting;
    expect(seen).toEqual(['a']);
  });
});

describe('a subscriber that throws', () => {
  test.each([
    [
      'at once',
      () => {
        throw new Error('broken');
      },
    ],
    ['later', () => Promise.reject(new Error('broken'))],
  ])('%s is reported; the others and the publisher do not notice', async (_, broken) => {
    const { bus, onHandlerError } = createBus();
    const sound = vi.fn();
    bus.subscribe('assessment-tasks', 'onlooker', broken);
    bus.subscribe('assessment-tasks', 'onlooker', sound);
    await bus.publish('assessment-tasks', '1', task('a'));
    await bus.publish('assessment-tasks', '1', task('b'));
    await settled();
    expect(sound).toHaveBeenCalledTimes(2);
    expect(onHandlerError).toHaveBeenCalledTimes(2);
    expect(onHandlerError).toHaveBeenCalledWith(new Error('broken'), 'assessment-tasks', '1');
  });
});

describe('close', () => {
  test('waits for what was accepted, then refuses', async () => {
    const { bus } = createBus();
    const { seen, handler, release } = heldHandler();
    bus.subscribe('assessment-tasks', 'onlooker', handler);
    await bus.publish('assessment-tasks', '1', task('a'));
    await bus.publish('assessment-tasks', '1', task('b'));
    let closed = false;
    const closing = bus.close().then(() => {
      closed = true;
    });
    release();
    await settled();
    expect(closed).toBe(false);
    release();
    await closing;
    expect(seen).toEqual(['a', 'b']);
    await bus.close();
    await expect(bus.publish('assessment-tasks', '1', task('c'))).rejects.toMatchObject({ code: 'bus-closed' });
    expect(() => bus.subscribe('assessment-tasks', 'onlooker', handler)).toThrow(
      expect.objectContaining({ code: 'bus-closed' }),
    );
  });
});
