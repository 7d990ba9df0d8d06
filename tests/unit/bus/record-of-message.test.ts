import { describe, expect, test } from 'vitest';
import { recordOfMessage } from '../../../src/bus/record-of-message.ts';
import { detectionMessage, groupRisk, resultMessage, trafficGroup } from '../../support/risk-messages.ts';

const task = {
  taskId: 't1',
  requestId: 'r1',
  cameraId: '7',
  timestamp: '2025-01-01T00:00:00.000Z',
  groupIndex: 1,
  groupImageBase64: '',
  detectedObjects: [],
  groupMetadata: { objectCount: 2, classes: ['person'] },
};
const judgement = { score: 0.9, riskTypes: [], triggerObjectIds: [], measured: {} };

test('a record is named by its message, and holds it as JSON', () => {
  const message = resultMessage('r1', groupRisk(1, { description: '行人' }));
  const record = recordOfMessage('risk-assessment-results', '7', message);
  expect(record).toMatchObject({ topic: 'risk-assessment-results', key: '7', id: message.messageId });
  expect(JSON.parse(record.value.toString('utf8'))).toEqual(message);
  expect(recordOfMessage('detection-results', '7', detectionMessage('r2', [])).id).toBe('r2');
  expect(recordOfMessage('assessment-tasks', '7', task).id).toBe('t1');
});

describe('what tells of a high risk is urgent', () => {
  const urgencyOf = {
    detection: (riskLevel: 'high' | 'medium') =>
      recordOfMessage('detection-results', '7', {
        ...detectionMessage('r', []),
        trafficGroups: [trafficGroup(1), { ...trafficGroup(2), riskLevel }],
      }).urgency,
    task: (riskLevel: 'high' | 'medium') =>
      recordOfMessage('assessment-tasks', '7', { ...task, localJudgement: { ...judgement, riskLevel } }).urgency,
    result: (riskLevel: 'high' | 'medium') =>
      recordOfMessage('risk-assessment-results', '7', resultMessage('r', groupRisk(1, { riskLevel }))).urgency,
  };

  test.each(Object.entries(urgencyOf))('%s', (_what, of) => {
    expect(of('high')).toBe('high');
    expect(of('medium')).toBe('normal');
  });

  test('one of whose risk nothing is known is not', () => {
    expect(recordOfMessage('assessment-tasks', '7', task).urgency).toBe('normal');
    expect(recordOfMessage('detection-results', '7', detectionMessage('r', [])).urgency).toBe('normal');
  });
});
