/** Joined detections and changes of alerts, as the cache gets them. */
import type { AssessedDetection } from '../../src/aggregate/assessed.ts';
import type { AlertEvent } from '../../src/alert/alert-desk.ts';
import { alert } from './alerts.ts';
import { capturedAtMs, groupRisk, trafficGroup } from './risk-messages.ts';

/** One with a dangerous group; `atMs` is the frame's capture. */
export function assessedDetection(
  requestId: string,
  { cameraId = '7', atMs = capturedAtMs, objects = 0 } = {},
): AssessedDetection {
  return {
    requestId,
    cameraId,
    timestamp: new Date(atMs).toISOString(),
    detectedObjects: Array.from({ length: objects }, () => ({
      class: 'car',
      confidence: 0.87654321,
      bbox: [101.25, 202.5, 303.75, 404.125] as const,
      level: 'none' as const,
    })),
    trafficGroups: [trafficGroup(1)],
    imageWidth: 1280,
    imageHeight: 720,
    riskAssessment: { allGroupResults: [groupRisk(1)], resultCount: 1, groupCount: 1 },
    hasDangerousDriving: true,
    maxRiskLevel: 'high',
    llmLatency: 0.8,
    llmModel: 'qwen-vl-plus',
    complete: true,
  };
}

export function alertEvent(id: string, overrides: Partial<AlertEvent> = {}, cameraId = '7'): AlertEvent {
  return { change: 'began', alert: alert(id, { cameraId }), active: true, stored: true, ...overrides };
}
