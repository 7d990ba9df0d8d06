import { expect, test } from 'vitest';
import { alertNotice, alertNoticeSchema } from '../../../src/cache/alert-notice.ts';
import { alert } from '../../support/alerts.ts';
import { alertEvent } from '../../support/assessed.ts';

test('a danger that began is told with all that a central site has to know, and nothing of the operator', () => {
  const seen = alert('a', { acknowledgedAtMs: 5, verdict: 'seen', pictureRevision: 1 });
  const notice = alertNotice(alertEvent('a', { alert: seen }));
  expect(notice).toEqual({
    change: 'began',
    id: 'a',
    revision: 1,
    cameraId: '7',
    level: 'high',
    since: '2025-06-01T12:30:15.250Z',
    lastSeen: '2025-06-01T12:30:15.250Z',
    count: 1,
    description: 'A car comes close to a person.',
    riskTypes: ['close_proximity'],
    confidence: 0.9,
    source: 'model',
    model: 'qwen-vl-plus',
    requestId: 'request-0',
    dangerObjectCount: 2,
    objectCount: 2,
    classes: ['person', 'car'],
    bbox: [100, 100, 200, 200],
    imageWidth: 1280,
    imageHeight: 720,
  });
  expect(alertNoticeSchema.parse(notice)).toEqual(notice);
});

test('so is one that became worse; what goes on, ends, is kept late or acknowledged is no new danger', () => {
  expect(alertNotice(alertEvent('a', { change: 'worsened' }))).toMatchObject({ change: 'worsened', id: 'a' });
  for (const change of ['continued', 'ended', 'stored', 'acknowledged'] as const) {
    expect(alertNotice(alertEvent('a', { change }))).toBeUndefined();
  }
});

test('a danger whose detection is not known has no place', () => {
  const { bbox: _bbox, imageWidth: _width, imageHeight: _height, source: _source, ...nowhere } = alert('a');
  const notice = alertNotice(alertEvent('a', { alert: nowhere }));
  for (const field of ['bbox', 'imageWidth', 'imageHeight', 'source']) expect(notice).not.toHaveProperty(field);
  expect(alertNoticeSchema.parse(notice)).toEqual(notice);
});
