import { describe, expect, test } from 'vitest';
import {
  hashDistance,
  type SceneSignature,
  sameMembers,
  signatureOf,
} from '../../../../src/assess/reuse/scene-signature.ts';
import { task } from '../../../support/assessment.ts';

const limits = { maxHashBits: 6, minIou: 0.8 };
const scene: SceneSignature = {
  cameraId: 'gate',
  differenceHash: '00000000000000ff',
  members: [
    { class: 'car', bbox: [0, 0, 100, 100] },
    { class: 'car', bbox: [200, 0, 300, 100] },
    { class: 'person', bbox: [400, 0, 440, 100] },
  ],
};
const [first, second, third] = scene.members;
const like = (overrides: Partial<SceneSignature>): SceneSignature => ({ ...scene, ...overrides });

test('hashes differ in so many bits', () => {
  expect(hashDistance('00000000000000ff', '00000000000000ff')).toBe(0);
  expect(hashDistance('00000000000000ff', '0000000000000000')).toBe(8);
  expect(hashDistance('8000000080000000', '0000000000000001')).toBe(3);
  expect(hashDistance('ffffffffffffffff', '0000000000000000')).toBe(64);
});

describe('the same scene', () => {
  test('has the same members, in whatever order: each is found again', () => {
    expect(sameMembers(scene, scene, limits)).toEqual([0, 1, 2]);
    expect(sameMembers(scene, like({ members: [third, first, second].map((one) => one as never) }), limits)).toEqual([
      2, 0, 1,
    ]);
  });

  test('may differ in a few bits and a few pixels', () => {
    const trembling = like({
      differenceHash: '00000000000000c0',
      members: scene.members.map(({ bbox: [x1, y1, x2, y2], ...rest }) => ({
        ...rest,
        bbox: [x1 + 1, y1, x2 + 2, y2 + 1],
      })),
    });
    expect(sameMembers(scene, trembling, limits)).toEqual([0, 1, 2]);
  });
});

describe('another scene', () => {
  test.each<[string, Partial<SceneSignature>]>([
    ['is that of another camera', { cameraId: 'yard' }],
    ['shows another picture', { differenceHash: '0000000000000001' }],
    ['has one member less', { members: scene.members.slice(1) }],
    [
      'has another class in a place',
      { members: [{ class: 'truck', bbox: [0, 0, 100, 100] }, ...scene.members.slice(1)] },
    ],
    ['has a member that moved', { members: [{ class: 'car', bbox: [12, 0, 112, 100] }, ...scene.members.slice(1)] }],
  ])('%s', (_, overrides) => {
    expect(sameMembers(scene, like(overrides), limits)).toBeUndefined();
  });

  test('is one where two would be the same one', () => {
    const doubled = like({
      members: [scene.members[0], scene.members[0], scene.members[2]].map((one) => one as never),
    });
    expect(sameMembers(scene, doubled, limits)).toBeUndefined();
  });
});

test('a group whose picture has no hash is like no other', () => {
  expect(signatureOf(task({ picture: { jpegBase64: '/9j/', bbox: [0, 0, 1, 1] } }))).toBeUndefined();
  expect(signatureOf(task())).toMatchObject({ cameraId: 'gate', differenceHash: '0123456789abcdef' });
});
