/** What comes of joining detections with their assessments. */
import type { GroupRisk } from '../bus/topics.ts';
import type { DetectedObject, RiskLevel, TrafficGroup } from '../detect/detection-message.ts';

/** One group's assessment, with what is known of the frame that it is about. */
export interface GroupAssessment {
  readonly requestId: string;
  readonly cameraId: string;
  /** When the frame was captured: UTC ms. */
  readonly capturedAtMs: number;
  readonly risk: GroupRisk;
  /** Seconds. */
  readonly llmLatency: number;
  readonly llmModel: string;
  readonly llmRawText: string;
  /** The group as it was detected; none where the detection did not come. */
  readonly group?: TrafficGroup;
  readonly imageWidth?: number;
  readonly imageHeight?: number;
  /** The group's picture: JPEG, base64; none where there was none, or it was let go to bound memory. */
  readonly picture?: string;
}

/** A detection joined with the assessments of its groups. */
export interface AssessedDetection {
  readonly requestId: string;
  readonly cameraId: string;
  /** When the frame was captured: ISO 8601, UTC. */
  readonly timestamp: string;
  readonly detectedObjects: readonly DetectedObject[];
  readonly trafficGroups: readonly TrafficGroup[];
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly riskAssessment: {
    readonly allGroupResults: readonly GroupRisk[];
    readonly resultCount: number;
    readonly groupCount: number;
  };
  readonly hasDangerousDriving: boolean;
  readonly maxRiskLevel: RiskLevel;
  /** Seconds: the longest of its groups. */
  readonly llmLatency: number;
  /** Of the group with the greatest risk; empty where no model was asked. */
  readonly llmModel: string;
  /** Every group has its result. */
  readonly complete: boolean;
}

/** How a detection's wait for its results ended. */
export type JoinOutcome =
  | 'complete'
  /** The time was up, and some results were there. */
  | 'partial'
  /** The time was up, and there were none: nobody was asked about it. */
  | 'unassessed'
  /** It had to make room for newer ones. */
  | 'evicted';
