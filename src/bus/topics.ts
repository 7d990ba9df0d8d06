/** The bus's topics and their messages, each described once, for producers and consumers alike. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  captureTimestamp,
  detectedObjectSchema,
  detectedObjects,
  groupImageSchema,
  groupImages,
  processTimeSeconds,
  riskLevelSchema,
  trafficGroupSchema,
  trafficGroups,
} from '../detect/detection-message.ts';
import type { DetectionEvent } from '../native.ts';

const cameraId = z.union([z.string().min(1), z.number()]);
const timestamp = z.iso.datetime();
const count = z.int().min(0);

/** One analysed frame. */
export const detectionResultMessageSchema = z.object({
  requestId: z.string().min(1),
  cameraId,
  /** When the frame was captured. */
  timestamp,
  detectedObjects: z.array(detectedObjectSchema),
  trafficGroups: z.array(trafficGroupSchema),
  groupImages: z.array(groupImageSchema),
  imageWidth: z.int().min(1),
  imageHeight: z.int().min(1),
  /** Seconds. */
  processTime: z.number().min(0),
  /** The objects and groups are those of the last analysis: the scene has not changed since. */
  reused: z.literal(true).exactOptional(),
});

/** One group of a detection, to be assessed. */
export const assessmentTaskMessageSchema = z.object({
  taskId: z.string().min(1),
  requestId: z.string().min(1),
  cameraId,
  timestamp,
  groupIndex: z.int().min(1),
  groupImageBase64: z.string(),
  detectedObjects: z.array(detectedObjectSchema),
  groupMetadata: z.object({ objectCount: count, classes: z.array(z.string()) }),
});

export const groupRiskSchema = z.object({
  groupIndex: z.int().min(1),
  description: z.string(),
  riskLevel: riskLevelSchema,
  confidence: z.number().min(0).max(1),
  riskTypes: z.array(z.string()),
  dangerObjectCount: count,
  triggerObjectIds: z.array(z.union([z.int(), z.string()])),
  /** Who judged: the model now, the model earlier about the same scene, or the local rules. */
  source: z.enum(['model', 'cache', 'rules']).exactOptional(),
});

/** What the assessment of one task came to; `error` where it failed. */
export const riskAssessmentResultMessageSchema = z.object({
  /** `${taskId}_result`: lets a reader drop repeats. */
  messageId: z.string().min(1),
  requestId: z.string().min(1),
  cameraId,
  timestamp,
  results: z.array(groupRiskSchema),
  hasDangerousDriving: z.boolean(),
  maxRiskLevel: riskLevelSchema,
  metadata: z.object({
    /** Seconds. */
    llmLatency: z.number().min(0),
    llmModel: z.string(),
    apiKeyId: z.string().nullable(),
    retryCount: count,
    /** What the model wrote. */
    llmRawText: z.string().exactOptional(),
  }),
  error: z.string().exactOptional(),
});

export type DetectionResultMessage = z.output<typeof detectionResultMessageSchema>;
export type AssessmentTaskMessage = z.output<typeof assessmentTaskMessageSchema>;
export type GroupRisk = z.output<typeof groupRiskSchema>;
export type RiskAssessmentResultMessage = z.output<typeof riskAssessmentResultMessageSchema>;

/** Every topic, with the schema of its messages. */
export const topics = {
  'detection-results': detectionResultMessageSchema,
  'assessment-tasks': assessmentTaskMessageSchema,
  'risk-assessment-results': riskAssessmentResultMessageSchema,
} as const;

export type Topic = keyof typeof topics;
export type MessageOf<T extends Topic> = z.output<(typeof topics)[T]>;

/** An analysed frame as the bus carries it; each call gives it a new `requestId`. */
export function detectionResultMessage(event: DetectionEvent, classNames: readonly string[]): DetectionResultMessage {
  return {
    requestId: randomUUID(),
    cameraId: event.cameraId,
    timestamp: captureTimestamp(event),
    detectedObjects: detectedObjects(event, classNames),
    trafficGroups: trafficGroups(event, classNames),
    groupImages: groupImages(event, classNames),
    imageWidth: event.imageWidth,
    imageHeight: event.imageHeight,
    ...(event.reused ? { reused: true } : {}),
    processTime: processTimeSeconds(event),
  };
}
