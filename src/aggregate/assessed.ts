/** What comes of joining detections with their assessments. */
import { z } from 'zod';
import { type GroupRisk, groupRiskSchema } from '../bus/topics.ts';
import {
  detectedObjectSchema,
  riskLevelSchema,
  type TrafficGroup,
  trafficGroupSchema,
} from '../detect/detection-message.ts';

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
export const assessedDetectionSchema = z
  .object({
    requestId: z.string().min(1).describe('Names the analysed frame.'),
    cameraId: z.string().min(1).describe('The camera.'),
    timestamp: z.iso.datetime().describe('When the frame was captured: ISO 8601, UTC, ends in Z.'),
    detectedObjects: z.array(detectedObjectSchema).describe('Most confident first.'),
    trafficGroups: z.array(trafficGroupSchema).describe('In the order of their `groupIndex`.'),
    imageWidth: z.int().min(1).describe('Width of the source picture, in pixels.'),
    imageHeight: z.int().min(1).describe('Height of the source picture, in pixels.'),
    riskAssessment: z
      .object({
        allGroupResults: z.array(groupRiskSchema).describe('What is known of the groups, in their order.'),
        resultCount: z.int().min(0).describe('Groups that have a result.'),
        groupCount: z.int().min(0).describe('Groups of the detection.'),
      })
      .describe('What was made of its groups.'),
    hasDangerousDriving: z.boolean().describe('One of the groups is a danger.'),
    maxRiskLevel: riskLevelSchema.describe('The greatest of its groups.'),
    llmLatency: z.number().min(0).describe('The longest of its groups, in seconds; 0 where no model was asked.'),
    llmModel: z.string().describe('The model of the group with the greatest risk; empty where none was asked.'),
    complete: z.boolean().describe('Every group has its result.'),
  })
  .meta({
    title: 'Joined detection',
    description: 'A detection joined with the assessments of its groups, as it stands in Redis.',
  });

export type AssessedDetection = Readonly<z.output<typeof assessedDetectionSchema>>;

/** How a detection's wait for its results ended. */
export type JoinOutcome =
  | 'complete'
  /** The time was up, and some results were there. */
  | 'partial'
  /** The time was up, and there were none: nobody was asked about it. */
  | 'unassessed'
  /** It had to make room for newer ones. */
  | 'evicted';
