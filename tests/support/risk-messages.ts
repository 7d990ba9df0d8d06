/** Messages of the bus about one detection and what was made of it. */
import type { DetectionResultMessage, GroupRisk, RiskAssessmentResultMessage } from '../../src/bus/topics.ts';
import type { TrafficGroup } from '../../src/detect/detection-message.ts';
import type { BBox } from '../../src/native.ts';

/** A frame's capture in all of these, unless another is given. */
export const capturedAtMs = Date.UTC(2025, 5, 1, 12, 30, 15, 250);

export function trafficGroup(groupIndex: number, bbox: BBox = [10, 20, 90, 60]): TrafficGroup {
  return {
    groupIndex,
    objectCount: 2,
    memberCount: 2,
    bbox,
    groupBbox: bbox,
    classes: ['person', 'car'],
    averageConfidence: 0.7,
    avgConfidence: 0.7,
    riskLevel: 'none',
    memberIndices: [0, 1],
  };
}

/** A detection with groups at these places, each with a picture. */
export function detectionMessage(
  requestId: string,
  boxes: readonly BBox[],
  { cameraId = '7', atMs = capturedAtMs, picture = 'cGljdHVyZQ==' } = {},
): DetectionResultMessage {
  return {
    requestId,
    cameraId,
    timestamp: new Date(atMs).toISOString(),
    detectedObjects: [],
    trafficGroups: boxes.map((bbox, index) => trafficGroup(index + 1, bbox)),
    groupImages: boxes.map((bbox, index) => ({
      groupIndex: index + 1,
      imageBase64: picture,
      bbox,
      objectCount: 2,
      classes: ['person', 'car'],
      imageWidth: 80,
      imageHeight: 40,
    })),
    imageWidth: 1280,
    imageHeight: 720,
    processTime: 0.25,
  };
}

export function groupRisk(groupIndex: number, overrides: Partial<GroupRisk> = {}): GroupRisk {
  return {
    groupIndex,
    description: 'A car comes close to a person.',
    riskLevel: 'high',
    confidence: 0.9,
    riskTypes: ['close_proximity'],
    dangerObjectCount: 2,
    triggerObjectIds: [0, 1],
    source: 'model',
    ...overrides,
  };
}

/** The result of one task: one group of one detection. */
export function resultMessage(
  requestId: string,
  risk: GroupRisk,
  { cameraId = '7', atMs = capturedAtMs, llmLatency = 0.8, llmModel = 'qwen-vl-plus', taskId = '' } = {},
): RiskAssessmentResultMessage {
  return {
    messageId: `${taskId || `${requestId}_${risk.groupIndex}`}_result`,
    requestId,
    cameraId,
    timestamp: new Date(atMs).toISOString(),
    results: [risk],
    hasDangerousDriving: risk.riskLevel !== 'none',
    maxRiskLevel: risk.riskLevel,
    metadata: { llmLatency, llmModel, apiKeyId: 'key-1', retryCount: 0, llmRawText: `says ${risk.riskLevel}` },
  };
}
