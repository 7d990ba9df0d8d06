/** The bus's topics and their messages, each described once, for producers and consumers alike. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  bboxSchema,
  captureTimestamp,
  detectedObjectSchema,
  detectedObjects,
  differenceHashSchema,
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

/** What names an object of a detection: its track where it has one, else its position among the objects, from 0. */
const objectId = z.union([z.int(), z.string()]);

/** What local rules make of a group: the least that any answer comes to. */
export const localJudgementSchema = z.object({
  score: z.number().min(0).max(1),
  riskLevel: riskLevelSchema,
  riskTypes: z.array(z.string()),
  triggerObjectIds: z.array(objectId),
  /** As far as anything is known. */
  measured: z.object({
    gapM: z.number().min(0).exactOptional(),
    closingMps: z.number().min(0).exactOptional(),
    timeToCollisionS: z.number().min(0).exactOptional(),
  }),
});

export const taskPrioritySchema = z.enum(['high', 'medium', 'low']);

/** One group of a detection, to be assessed. What is optional, a producer that is not ours may leave out. */
export const assessmentTaskMessageSchema = z.object({
  taskId: z.string().min(1),
  requestId: z.string().min(1),
  cameraId,
  timestamp,
  groupIndex: z.int().min(1),
  /** JPEG; empty where there is no picture. */
  groupImageBase64: z.string(),
  /** The group's members. */
  detectedObjects: z.array(detectedObjectSchema),
  groupMetadata: z.object({ objectCount: count, classes: z.array(z.string()) }),
  /** Positions of the members among the detection's objects. */
  memberIndices: z.array(count).exactOptional(),
  /** What the picture shows, in pixels of the source picture. */
  groupImageBbox: bboxSchema.exactOptional(),
  differenceHash: differenceHashSchema.exactOptional(),
  priority: taskPrioritySchema.exactOptional(),
  /** When an answer is of no use any more. */
  deadline: timestamp.exactOptional(),
  localJudgement: localJudgementSchema.exactOptional(),
});

/** Who judged: the model just now, the model a moment ago of the same scene, or local rules. */
export const assessmentSourceSchema = z.enum(['model', 'cache', 'rules']);

export const groupRiskSchema = z.object({
  groupIndex: z.int().min(1),
  /** For people: plain text, short. */
  description: z.string(),
  riskLevel: riskLevelSchema,
  /** The score that the level follows from. */
  confidence: z.number().min(0).max(1),
  riskTypes: z.array(z.string()),
  dangerObjectCount: count,
  triggerObjectIds: z.array(objectId),
  source: assessmentSourceSchema.exactOptional(),
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
    /** Seconds; 0 where no model was asked. */
    llmLatency: z.number().min(0),
    /** Empty where no model answered. */
    llmModel: z.string(),
    apiKeyId: z.string().nullable(),
    retryCount: count,
    /** What the model said, as it said it, without control characters. */
    llmRawText: z.string().exactOptional(),
    /** Why rules judged, in a word. */
    fallbackReason: z.string().exactOptional(),
  }),
  error: z.string().exactOptional(),
});

export type DetectionResultMessage = z.output<typeof detectionResultMessageSchema>;
export type AssessmentTaskMessage = z.output<typeof assessmentTaskMessageSchema>;
export type LocalJudgement = z.output<typeof localJudgementSchema>;
export type GroupRisk = z.output<typeof groupRiskSchema>;
export type AssessmentSource = z.output<typeof assessmentSourceSchema>;
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
