import fc from 'fast-check';
import { expect, test } from 'vitest';
import { freeId, withLogin } from '../../../web/src/settings/address.ts';
import { cameraIn, changeIn, draftOf, emptyDraft } from '../../../web/src/settings/camera-draft.ts';
import {
  arrowStep,
  type Corner,
  moveCorner,
  newZone,
  onPicture,
  removeCorner,
  splitEdge,
} from '../../../web/src/settings/zone-shape.ts';

const square = newZone('Zone 1').points;

test('a corner stays on the picture, wherever it is pulled', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (x, y) => {
      const [left, top] = onPicture([x, y]);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThanOrEqual(1);
      expect(top).toBeGreaterThanOrEqual(0);
      expect(top).toBeLessThanOrEqual(1);
    }),
  );
  expect(moveCorner(square, 1, [2, -1])[1]).toEqual([1, 0]);
  expect(moveCorner(square, 1, [0.123456, 0.5])[1]).toEqual([0.1235, 0.5]);
});

test('an edge is split in its middle, the last one, too', () => {
  expect(splitEdge(square, 0)[1]).toEqual([0.5, 0.3]);
  expect(splitEdge(square, 3).at(-1)).toEqual([0.3, 0.5]);
});

test('a zone has at least 3 corners, and at most 32', () => {
  let points: readonly Corner[] = square;
  for (let turn = 0; turn < 10; turn += 1) points = removeCorner(points, 0);
  expect(points).toHaveLength(3);
  for (let turn = 0; turn < 50; turn += 1) points = splitEdge(points, 0);
  expect(points).toHaveLength(32);
});

test('arrow keys move a corner by a hundredth, with Shift by five', () => {
  expect(arrowStep('ArrowLeft', false)).toEqual([-0.01, 0]);
  expect(arrowStep('ArrowDown', true)).toEqual([0, 0.05]);
  expect(arrowStep('Enter', false)).toBeUndefined();
});

test('user name and password go into the address, whatever characters they have', () => {
  expect(withLogin(' rtsp://10.0.0.5/live ', '', 'ignored')).toBe('rtsp://10.0.0.5/live');
  expect(withLogin('rtsp://10.0.0.5/live', 'admin', 'p@ss/w?rd#1')).toBe(
    'rtsp://admin:p%40ss%2Fw%3Frd%231@10.0.0.5/live',
  );
  expect(withLogin('rtsp://***@10.0.0.5/live', 'admin', 'new')).toBe('rtsp://admin:new@10.0.0.5/live');
  expect(withLogin('rtsp://10.0.0.5/live?mail=a@b', 'admin', '')).toBe('rtsp://admin@10.0.0.5/live?mail=a@b');
});

test('a new camera gets the smallest number that is free', () => {
  expect(freeId([])).toBe('1');
  expect(freeId(['1', 'gate', '3'])).toBe('2');
});

test('what is left empty is as for all cameras: left out of a new one, taken back from a known one', () => {
  const draft = { ...emptyDraft('7'), address: 'rtsp://10.0.0.5/', interval: '1.5' };
  expect(cameraIn(draft)).toEqual({ id: '7', url: 'rtsp://10.0.0.5/', intervalMs: 1500, enabled: true, zones: [] });
  expect(changeIn({ ...draft, interval: '' })).toMatchObject({ name: null, intervalMs: null, priority: null });
});

test('a camera that is not changed is asked to be what it is', () => {
  const known = {
    id: '7',
    url: 'rtsp://***@10.0.0.5/',
    name: 'Gate',
    intervalMs: 1500,
    priority: 2,
    transport: 'udp',
    enabled: false,
    zones: [newZone('Road')],
    origin: 'store',
  } as const;
  const { id: _id, origin: _origin, ...settings } = known;
  expect(changeIn(draftOf(known))).toEqual(settings);
});
