import { expect, test } from 'vitest';
import { seenWords } from '../../../web/src/camera/seen-words.ts';
import { stateWords } from '../../../web/src/camera/state-words.ts';
import { en } from '../../../web/src/i18n/en.ts';
import { zh } from '../../../web/src/i18n/zh.ts';

const clock = (ms: number) => `clock ${ms}`;
const objects = (...classes: string[]) => classes.map((name) => ({ class: name }));

test('what is seen is counted by class, the most frequent first', () => {
  expect(seenWords(objects('car', 'person', 'person'), en)).toBe('2 people · 1 car');
  expect(seenWords(objects('car', 'person', 'person'), zh)).toBe('2 行人 · 1 汽车');
});

test('a class without a translation keeps its own name', () => {
  expect(seenWords(objects('tram', 'tram'), en)).toBe('2 tram');
});

test('an empty street is said', () => {
  expect(seenWords([], en)).toBe(en.nothingSeen);
});

test('a camera that failed says why, what to do and when it is tried again', () => {
  const state = {
    cameraId: 'gate',
    state: 'failed',
    sinceMs: 0,
    reason: { code: 'unauthorized', message: 'camera says 401' },
    nextTryMs: 10_500,
  } as const;
  expect(stateWords(state, en, 1000, clock)).toEqual({
    headline: 'Not working',
    reason: 'User name or password is wrong. Check them in the camera’s address.',
    next: 'next try in 10 s',
  });
});

test('a fault without a translation is told in the appliance’s own words', () => {
  const state = {
    cameraId: 'gate',
    state: 'reconnecting',
    sinceMs: 5,
    reason: { code: 'new', message: 'odd' },
  } as const;
  expect(stateWords(state, zh, 0, clock)).toMatchObject({ headline: zh.reconnecting('clock 5'), reason: 'odd' });
});

test('a time that has passed counts as now', () => {
  const state = { cameraId: 'gate', state: 'reconnecting', sinceMs: 0, nextTryMs: 10 } as const;
  expect(stateWords(state, en, 99_000, clock).next).toBe('next try in 0 s');
});

test('both languages have words for the same things', () => {
  const faults = (texts: typeof en) => Object.keys(texts.faults).sort();
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  expect(faults(zh)).toEqual(faults(en));
  expect(Object.keys(zh.classes).sort()).toEqual(Object.keys(en.classes).sort());
});
