import { expect, test } from 'vitest';
import { CameraStore } from '../../../web/src/camera/camera-store.ts';

const live = (cameraId: string) => ({ cameraId, state: 'live', sinceMs: 0 }) as const;
const ids = (store: CameraStore) => store.cameras.map(({ id }) => id);

test('after a connection was lost, only cameras that still run are shown', () => {
  const store = new CameraStore();
  store.connected();
  store.state(live('gate'));
  store.state(live('gone'));
  store.lost();
  expect(ids(store)).toEqual(['gate', 'gone']);
  store.connected();
  store.state(live('gate'));
  expect(ids(store)).toEqual(['gate']);
});

test('a camera that comes back keeps its last picture until there is a new one', () => {
  const store = new CameraStore();
  store.connected();
  store.state(live('gate'));
  const [before] = store.cameras;
  store.lost();
  store.connected();
  store.state(live('gate'));
  expect(store.cameras[0]).toBe(before);
});

test('a camera that was stopped here is not shown, nor looked at again, while others keep it running', () => {
  const store = new CameraStore();
  store.connected();
  expect(store.state(live('gate'))).toBe(true);
  store.stopped('gate');
  expect(store.state(live('gate'))).toBe(false);
  expect(ids(store)).toEqual([]);
  // Whoever else runs it, once it has stopped it is a new one.
  store.state({ cameraId: 'gate', state: 'removed', sinceMs: 0 });
  store.state(live('gate'));
  expect(ids(store)).toEqual(['gate']);
});
