import { beforeEach, expect, test } from 'vitest';
import { CurrentRisk, objectLevels } from '../../../src/alert/current-risk.ts';
import { ManualClock } from '../../../src/time/clock.ts';
import { assessment } from '../../support/alerts.ts';

const here = { bbox: [100, 100, 200, 200] as const };
const elsewhere = { bbox: [600, 100, 700, 200] as const };

let clock: ManualClock;
let current: CurrentRisk;

beforeEach(() => {
  clock = new ManualClock();
  current = new CurrentRisk(clock, 3000);
});

test('a danger stands for the display window, with the group of the frame where it is still there', () => {
  current.show(assessment({ requestId: 'r1', picture: 'cGlj' }), 'medium');
  const risk = current.of('7', [elsewhere, here]);
  expect(risk).toMatchObject({
    maxRiskLevel: 'medium',
    llmLatency: 0.8,
    llmModel: 'qwen-vl-plus',
    llmRawText: '{"results":[]}',
    groupLevels: ['none', 'medium'],
  });
  expect(risk.results).toEqual([
    {
      ...assessment().risk,
      groupIndex: 2,
      riskLevel: 'medium',
      requestId: 'r1',
      timestamp: '2025-06-01T12:30:15.250Z',
      bbox: here.bbox,
    },
  ]);
  clock.advance(2999);
  expect(current.of('7', [here]).results).toHaveLength(1);
  clock.advance(1);
  expect(current.of('7', [here])).toMatchObject({ results: [], maxRiskLevel: 'none', llmModel: '', groupLevels: [] });
});

test('is told of its own camera alone', () => {
  current.show(assessment(), 'high');
  expect(current.of('8', [here]).results).toEqual([]);
});

test('the newest word about a group takes the place of the one before, and has a window of its own', () => {
  current.show(assessment({ requestId: 'r1' }), 'high');
  clock.advance(2000);
  current.show(assessment({ requestId: 'r2', bbox: [110, 100, 210, 200] }), 'low');
  expect(current.of('7', [here]).results).toMatchObject([{ requestId: 'r2', riskLevel: 'low' }]);
  clock.advance(2999);
  expect(current.of('7', [here]).maxRiskLevel).toBe('low');
});

test('the most dangerous comes first and names the model', () => {
  current.show(assessment({ requestId: 'r1', llmModel: 'small' }), 'low');
  current.show(
    assessment({ requestId: 'r1', is: { groupIndex: 2 }, bbox: [600, 100, 700, 200], llmModel: 'big' }),
    'high',
  );
  const risk = current.of('7', [here, elsewhere]);
  expect(risk.results.map(({ riskLevel }) => riskLevel)).toEqual(['high', 'low']);
  expect(risk).toMatchObject({ llmModel: 'big', maxRiskLevel: 'high', groupLevels: ['low', 'high'] });
});

test('a group that is gone keeps its number of then', () => {
  current.show(assessment({ is: { groupIndex: 4 } }), 'high');
  expect(current.of('7', [elsewhere]).results).toMatchObject([{ groupIndex: 4 }]);
});

test('without a window nothing is shown', () => {
  const none = new CurrentRisk(clock, 0);
  none.show(assessment(), 'high');
  expect(none.of('7', [here]).results).toEqual([]);
});

test('an object has the level of the most dangerous group that it belongs to', () => {
  const groups = [{ members: [0, 1] }, { members: [1, 2] }];
  expect(objectLevels(4, groups, ['low', 'high'])).toEqual(['low', 'high', 'high', 'none']);
});
