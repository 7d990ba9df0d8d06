import { describe, expect, it } from 'vitest';
import { iouOf, judge, type PairRule, pairObjects, type Thresholds } from './pairing.ts';
import type { FoundObject } from './recorded.ts';

const rule: PairRule = { minIou: 0.5, maxConfidenceDifference: 0.1 };
const thresholds: Thresholds = { confidence: 0.35, iou: 0.5, rivals: [['car', 'truck']], margin: 0.02 };

function car(x1: number, confidence = 0.8): FoundObject {
  return { class: 'car', confidence, bbox: [x1, 0, x1 + 100, 100] };
}

function findings(...objects: FoundObject[]) {
  return { objects, faintObjects: [] };
}

describe('iouOf', () => {
  it('is the shared area over the area of both', () => {
    expect(iouOf(car(0), car(50))).toBeCloseTo(50 / 150);
    expect(iouOf(car(0), car(100))).toBe(0);
  });
});

describe('pairObjects', () => {
  it('gives each box one partner, those that overlap most first', () => {
    expect(pairObjects([car(0), car(20)], [car(18)], rule)).toEqual([[1, 0]]);
  });

  it('pairs no boxes of different classes or confidences', () => {
    expect(pairObjects([car(0)], [{ ...car(0), class: 'bus' }], rule)).toEqual([]);
    expect(pairObjects([car(0, 0.8)], [car(0, 0.6)], rule)).toEqual([]);
  });
});

describe('judge', () => {
  it('counts what has a partner and names what has none', () => {
    const verdict = judge(findings(car(0), car(500)), findings(car(1)), rule, thresholds);
    expect(verdict).toEqual({ judged: 2, paired: 1, leftOut: 0, alone: [car(500)] });
  });

  it('leaves out what is alone close to the confidence threshold', () => {
    expect(judge(findings(car(0, 0.36)), findings(), rule, thresholds)).toMatchObject({ judged: 0, leftOut: 1 });
    expect(judge(findings(car(0, 0.38)), findings(), rule, thresholds)).toMatchObject({ judged: 1, leftOut: 0 });
  });

  it('leaves out what has only a faint partner', () => {
    const other = { objects: [], faintObjects: [car(0, 0.34)] };
    expect(judge(findings(car(0, 0.38)), other, rule, thresholds)).toMatchObject({ judged: 0, leftOut: 1 });
  });

  it('leaves out what overlaps a more confident rival by nearly the threshold', () => {
    // 34 px apart: IoU 66 / 134 = 0.49.
    const rival: FoundObject = { ...car(34, 0.9), class: 'truck' };
    expect(judge(findings(rival, car(0)), findings(rival), rule, thresholds)).toMatchObject({ judged: 1, leftOut: 1 });
  });
});
