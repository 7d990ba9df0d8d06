import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { AlertBook } from '../../../src/alert/alert-book.ts';
import type { AlertLevel } from '../../../src/alert/alert-level.ts';
import type { BBox } from '../../../src/native.ts';
import { alert, assessment } from '../../support/alerts.ts';
import { capturedAtMs } from '../../support/risk-messages.ts';

let book: AlertBook;
let ids: number;

function newBook(maxOpenPerCamera = 32): AlertBook {
  ids = 0;
  return new AlertBook({
    continueMs: 30_000,
    maxOpenPerCamera,
    newId: () => {
      ids += 1;
      return `alert-${ids}`;
    },
  });
}

beforeEach(() => {
  book = newBook();
});

describe('the first sight of a danger', () => {
  test('begins an alert that says what, where, when and who judged', () => {
    const [entry] = book.danger(assessment({ picture: 'cGlj' }), 'high', 0);
    expect(entry).toEqual({
      change: 'began',
      picture: 'cGlj',
      alert: {
        ...alert('alert-1', { requestId: entry?.alert.requestId ?? '' }),
        bbox: [100, 100, 200, 200],
        pictureRevision: 1,
      },
    });
    expect(book.isActive('alert-1')).toBe(true);
  });

  test('keeps no more of what a model wrote than an operator reads', () => {
    const is = { description: 'x'.repeat(5000), riskTypes: Array.from({ length: 50 }, () => 'y'.repeat(500)) };
    const [entry] = book.danger(assessment({ is }), 'high', 0);
    expect(entry?.alert.description).toHaveLength(1000);
    expect(entry?.alert.riskTypes).toHaveLength(16);
    expect(entry?.alert.riskTypes[0]).toHaveLength(100);
  });
});

describe('the same danger again', () => {
  beforeEach(() => {
    book.danger(assessment({ picture: 'Zmlyc3Q=' }), 'medium', 0);
  });

  test('continues its alert: a count and a last sight, no repeat', () => {
    const [entry] = book.danger(
      assessment({ capturedAtMs: capturedAtMs + 3600, picture: 'c2Vjb25k', is: { description: 'Other words.' } }),
      'medium',
      3600,
    );
    expect(entry).toMatchObject({
      change: 'continued',
      alert: {
        id: 'alert-1',
        count: 2,
        revision: 2,
        sinceMs: capturedAtMs,
        lastSeenMs: capturedAtMs + 3600,
        description: 'A car comes close to a person.',
        pictureRevision: 1,
      },
    });
    expect(entry).not.toHaveProperty('picture');
  });

  test('gives it a picture where the first sight had none', () => {
    book.danger(assessment({ cameraId: '8' }), 'high', 0);
    const [entry] = book.danger(assessment({ cameraId: '8', picture: 'bGF0ZQ==' }), 'high', 0);
    expect(entry).toMatchObject({ change: 'continued', picture: 'bGF0ZQ==', alert: { pictureRevision: 2 } });
  });

  test('that is worse raises the alert, with the picture and words of the worst moment, and asks for a look', () => {
    book.acknowledge('alert-1', 'seen', capturedAtMs);
    const worse = assessment({
      capturedAtMs: capturedAtMs + 3600,
      picture: 'd29yc2U=',
      llmModel: '',
      is: { description: 'A collision is near.', source: 'rules' },
    });
    const [entry] = book.danger(worse, 'high', 3600);
    expect(entry).toMatchObject({
      change: 'worsened',
      picture: 'd29yc2U=',
      alert: { level: 'high', description: 'A collision is near.', source: 'rules', pictureRevision: 3 },
    });
    expect(entry?.alert).not.toHaveProperty('acknowledgedAtMs');
    expect(entry?.alert).not.toHaveProperty('verdict');
    expect(entry?.alert).not.toHaveProperty('model');
  });

  test('that is less bad keeps the level it has had, and that it was acknowledged', () => {
    book.acknowledge('alert-1', 'seen', capturedAtMs + 5);
    const [entry] = book.danger(assessment({ capturedAtMs: capturedAtMs + 3600 }), 'low', 3600);
    expect(entry).toMatchObject({
      change: 'continued',
      alert: { level: 'medium', acknowledgedAtMs: capturedAtMs + 5, verdict: 'seen' },
    });
  });

  test('follows a group that moves', () => {
    const steps: BBox[] = [
      [150, 100, 250, 200],
      [200, 100, 300, 200],
      [250, 100, 350, 200],
    ];
    for (const [index, bbox] of steps.entries()) {
      const [entry] = book.danger(assessment({ bbox, capturedAtMs: capturedAtMs + index }), 'medium', index);
      expect(entry?.alert).toMatchObject({ id: 'alert-1', count: index + 2 });
    }
  });

  test.each([
    ['at another camera', assessment({ cameraId: '8' }), 1000],
    ['somewhere else', assessment({ bbox: [600, 100, 700, 200] }), 1000],
    ['of another kind', assessment({ is: { riskTypes: ['red_light_running'] } }), 1000],
    ['after the window', assessment({ capturedAtMs: capturedAtMs + 30_001 }), 1000],
  ])('%s is another alert', (_where, other, nowMs) => {
    expect(book.danger(other, 'medium', nowMs)).toMatchObject([{ change: 'began', alert: { id: 'alert-2' } }]);
  });
});

test('groups of one frame are alerts of their own, however much their boxes overlap', () => {
  const frame = { requestId: 'one-frame' };
  const first = book.danger(assessment(frame), 'high', 0);
  const second = book.danger(assessment({ ...frame, bbox: [110, 110, 210, 210] }), 'high', 0);
  expect([...first, ...second].map(({ change }) => change)).toEqual(['began', 'began']);
});

test('a danger without a place continues one without a place', () => {
  const nowhere = () => {
    const { group: _group, ...rest } = assessment();
    return rest;
  };
  book.danger(nowhere(), 'high', 0);
  expect(book.danger(nowhere(), 'high', 0)).toMatchObject([{ change: 'continued' }]);
  expect(book.danger(assessment(), 'high', 0)).toMatchObject([{ change: 'began' }]);
});

describe('an alert ends', () => {
  test('when it has not been seen for the window', () => {
    book.danger(assessment(), 'high', 0);
    book.danger(assessment({ capturedAtMs: capturedAtMs + 10_000 }), 'high', 10_000);
    expect(book.nextEndMs()).toBe(40_000);
    expect(book.expire(39_999)).toEqual([]);
    expect(book.expire(40_000)).toMatchObject([{ change: 'ended', alert: { id: 'alert-1' } }]);
    expect(book.active()).toEqual([]);
    expect(book.nextEndMs()).toBeUndefined();
  });

  test('when its group is assessed anew and found safe; and goes on when it is not safe after all', () => {
    book.danger(assessment(), 'high', 0);
    const safe = assessment({ capturedAtMs: capturedAtMs + 3600, is: { riskLevel: 'none' } });
    expect(book.safe(safe)).toMatchObject([{ change: 'ended' }]);
    expect(book.isActive('alert-1')).toBe(false);
    expect(book.safe(safe)).toEqual([]);
    const [entry] = book.danger(assessment({ capturedAtMs: capturedAtMs + 7200 }), 'high', 7200);
    expect(entry).toMatchObject({ change: 'continued', alert: { id: 'alert-1', count: 2 } });
    expect(book.isActive('alert-1')).toBe(true);
  });

  test('not by what is safe elsewhere, or was safe before', () => {
    book.danger(assessment(), 'high', 0);
    expect(book.safe(assessment({ capturedAtMs: capturedAtMs + 1, bbox: [600, 0, 700, 90] }))).toEqual([]);
    expect(book.safe(assessment({ capturedAtMs: capturedAtMs - 1 }))).toEqual([]);
  });

  test('when a camera has too many: the one seen longest ago', () => {
    book = newBook(2);
    const places: BBox[] = [
      [0, 0, 50, 50],
      [100, 0, 150, 50],
      [200, 0, 250, 50],
    ];
    const entries = places.flatMap((bbox, index) =>
      book.danger(assessment({ bbox, capturedAtMs: capturedAtMs + index }), 'high', index),
    );
    expect(entries.map(({ change, alert: { id } }) => `${change} ${id}`)).toEqual([
      'began alert-1',
      'began alert-2',
      'ended alert-1',
      'began alert-3',
    ]);
  });
});

test('what was open before a restart is continued', () => {
  book.restore(alert('before', { count: 5, revision: 9 }), 20_000);
  expect(book.danger(assessment({ capturedAtMs: capturedAtMs + 1000 }), 'high', 0)).toMatchObject([
    { change: 'continued', alert: { id: 'before', count: 6, revision: 10 } },
  ]);
});

test('whatever comes: every danger is counted once, revisions grow, and what is open stays bounded', () => {
  const step = fc.record({
    camera: fc.nat(2),
    x: fc.nat(600),
    level: fc.constantFrom<AlertLevel | 'none'>('none', 'low', 'medium', 'high'),
    types: fc.subarray(['close_proximity', 'crowding', 'wrong_way']),
    waitMs: fc.nat(20_000),
    lateMs: fc.nat(5000),
    acknowledge: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const tested = newBook(4);
      const newest = new Map<string, { count: number; revision: number }>();
      let nowMs = 0;
      let dangers = 0;
      for (const { camera, x, level, types, waitMs, lateMs, acknowledge } of steps) {
        nowMs += waitMs;
        const about = assessment({
          cameraId: `c${camera}`,
          capturedAtMs: capturedAtMs + nowMs - lateMs,
          bbox: [x, 0, x + 100, 100],
          is: { riskTypes: types },
        });
        const entries = [
          ...tested.expire(nowMs),
          ...(level === 'none' ? tested.safe(about) : tested.danger(about, level, nowMs)),
        ];
        if (level !== 'none') dangers += 1;
        for (const entry of entries) {
          const { id, count, revision, sinceMs, lastSeenMs } = entry.alert;
          expect(sinceMs).toBeLessThanOrEqual(lastSeenMs);
          if (entry.change !== 'ended') expect(revision).toBeGreaterThan(newest.get(id)?.revision ?? 0);
          newest.set(id, { count, revision });
          if (!acknowledge) continue;
          const word = tested.acknowledge(id, 'seen', nowMs);
          if (word) newest.set(id, word.alert);
        }
        expect(tested.active().length).toBeLessThanOrEqual(3 * 4);
      }
      const counted = [...newest.values()].reduce((sum, { count }) => sum + count, 0);
      expect(counted).toBe(dangers);
      tested.expire(nowMs + 30_000);
      expect(tested.nextEndMs()).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});
