import { beforeEach, describe, expect, test } from 'vitest';
import { MotionMemory, type SeenObject } from '../../../../src/assess/rules/motion-memory.ts';

let memory: MotionMemory;

beforeEach(() => {
  memory = new MotionMemory();
});

/** A box that stands at (footX, footY): a person of 1.7 m is 100 px high, so a pixel is 1.7 cm. */
function person(footX: number, footY = 300): SeenObject {
  return { class: 'person', bbox: [footX - 20, footY - 100, footX + 20, footY] };
}

function car(footX: number, footY = 300): SeenObject {
  return { class: 'car', bbox: [footX - 120, footY - 90, footX + 120, footY] };
}

describe('motion', () => {
  test('is known from the second analysis on, in pixels a second', () => {
    expect(memory.observe('gate', 0, [person(100)])).toEqual([undefined]);
    expect(memory.observe('gate', 500, [person(110, 304)])).toEqual([{ vx: 20, vy: 8 }]);
  });

  test('of one that stands is 0, not unknown', () => {
    memory.observe('gate', 0, [car(100)]);
    expect(memory.observe('gate', 1800, [car(100)])).toEqual([{ vx: 0, vy: 0 }]);
  });

  test('is smoothed: half of what was measured before stays', () => {
    memory.observe('gate', 0, [car(100)]);
    memory.observe('gate', 1000, [car(140)]);
    expect(memory.observe('gate', 2000, [car(160)])).toEqual([{ vx: 30, vy: 0 }]);
  });

  test('leads to where an object is expected: one that drives is found far from where it was', () => {
    for (const step of [0, 1, 2]) memory.observe('gate', step * 500, [car(100 + step * 200)]);
    const [motion] = memory.observe('gate', 1500, [car(700)]);
    expect(motion?.vx).toBeCloseTo(400, 5);
  });

  test('belongs to each object of its own, whatever their order', () => {
    memory.observe('gate', 0, [person(100), person(300), car(600)]);
    expect(memory.observe('gate', 1000, [car(620), person(310), person(90)])).toEqual([
      { vx: 20, vy: 0 },
      { vx: 10, vy: 0 },
      { vx: -10, vy: 0 },
    ]);
  });

  test('follows tracks where there are some, however far they go', () => {
    memory.observe('gate', 0, [
      { ...person(100), trackId: 7 },
      { ...person(110), trackId: 8 },
    ]);
    expect(
      memory.observe('gate', 1000, [
        { ...person(110), trackId: 7 },
        { ...person(100), trackId: 8 },
      ]),
    ).toEqual([
      { vx: 10, vy: 0 },
      { vx: -10, vy: 0 },
    ]);
  });
});

describe('nothing is made up', () => {
  test('for another class in the same place', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('gate', 500, [{ ...person(100), class: 'bicycle' }])).toEqual([undefined]);
  });

  test('for a box of another size', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('gate', 500, [{ class: 'person', bbox: [60, 100, 140, 300] }])).toEqual([undefined]);
  });

  test('where two are as near as each other', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('gate', 1000, [person(155), person(45)])).toEqual([undefined, undefined]);
  });

  test('where nobody is so fast: 100 px of 1.7 cm in 0.3 s are 5.7 m/s', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('gate', 300, [person(200)])).toEqual([undefined]);
  });

  test('for classes that are no road users', () => {
    const light: SeenObject = { class: 'traffic light', bbox: [0, 0, 20, 60] };
    memory.observe('gate', 0, [light]);
    expect(memory.observe('gate', 500, [light])).toEqual([undefined]);
  });

  test('from one camera to another', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('yard', 500, [person(110)])).toEqual([undefined]);
  });

  test('from an analysis that is too old, or not older', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('gate', 5001, [person(110)])).toEqual([undefined]);
    expect(memory.observe('gate', 4000, [person(120)])).toEqual([undefined]);
  });

  test('from one a moment ago; the one before it serves the next', () => {
    memory.observe('gate', 0, [person(100)]);
    expect(memory.observe('gate', 100, [person(102)])).toEqual([undefined]);
    expect(memory.observe('gate', 400, [person(108)])).toEqual([{ vx: 20, vy: 0 }]);
  });
});

test('cameras that are gone are forgotten, the oldest first', () => {
  memory.observe('first', 0, [person(100)]);
  for (let camera = 0; camera < 1023; camera += 1) memory.observe(String(camera), 0, []);
  expect(memory.observe('first', 500, [person(100)])).toEqual([{ vx: 0, vy: 0 }]);
  for (let camera = 0; camera < 1024; camera += 1) memory.observe(String(camera), 600, []);
  expect(memory.observe('first', 1000, [person(100)])).toEqual([undefined]);
});
