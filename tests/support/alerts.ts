/** Assessments and alerts as tests need them. */
import type { GroupAssessment } from '../../src/aggregate/assessed.ts';
import type { Alert } from '../../src/alert/alert.ts';
import type { GroupRisk } from '../../src/bus/topics.ts';
import type { BBox } from '../../src/native.ts';
import { capturedAtMs, groupRisk, trafficGroup } from './risk-messages.ts';

export const thresholds = { low: 0.45, medium: 0.65, high: 0.8 } as const;

let nextRequest = 1;

/** One group's assessment; each call is about another frame unless `requestId` is given. */
export function assessment(
  overrides: Partial<GroupAssessment> & { readonly bbox?: BBox; readonly is?: Partial<GroupRisk> } = {},
): GroupAssessment {
  const { bbox = [100, 100, 200, 200], is = {}, ...rest } = overrides;
  nextRequest += 1;
  const risk = groupRisk(1, is);
  return {
    requestId: `request-${nextRequest}`,
    cameraId: '7',
    capturedAtMs,
    risk,
    llmLatency: 0.8,
    llmModel: 'qwen-vl-plus',
    llmRawText: '{"results":[]}',
    group: trafficGroup(risk.groupIndex, bbox),
    imageWidth: 1280,
    imageHeight: 720,
    ...rest,
  };
}

export function alert(id: string, overrides: Partial<Alert> = {}): Alert {
  return {
    id,
    cameraId: '7',
    level: 'high',
    sinceMs: capturedAtMs,
    lastSeenMs: capturedAtMs,
    count: 1,
    revision: 1,
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
    ...overrides,
  };
}
