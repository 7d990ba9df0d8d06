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

const requestId = z.string().min(1).describe('Names the analysed frame; all that is made of it carries it.');
const cameraId = z
  .union([z.string().min(1), z.number()])
  .describe('The camera. Written as a string, it is the key of the record.');
const timestamp = z.iso.datetime();
const captured = timestamp.describe('When the frame was captured: ISO 8601, UTC, ends in Z.');
const count = z.int().min(0);

export const detectionResultMessageSchema = z
  .object({
    requestId,
    cameraId,
    timestamp: captured,
    detectedObjects: z.array(detectedObjectSchema).describe('Most confident first.'),
    trafficGroups: z.array(trafficGroupSchema).describe('In the order of their `groupIndex`.'),
    groupImages: z.array(groupImageSchema).describe('At most one for each group.'),
    imageWidth: z.int().min(1).describe('Width of the source picture, in pixels.'),
    imageHeight: z.int().min(1).describe('Height of the source picture, in pixels.'),
    processTime: z.number().min(0).describe("From the packet's arrival to the result, in seconds."),
    reused: z
      .literal(true)
      .exactOptional()
      .describe('The objects and groups are those of the last analysis: the scene has not changed since.'),
  })
  .meta({ title: 'Detection', description: 'One analysed frame. Topic `detection-results`; its id is `requestId`.' });

const objectId = z.union([z.int(), z.string()]).meta({
  id: 'ObjectId',
  description: 'An object of a detection: its track where it has one, else its position among the objects, from 0.',
});

export const localJudgementSchema = z
  .object({
    score: z.number().min(0).max(1).describe('The score that the level follows from.'),
    riskLevel: riskLevelSchema,
    riskTypes: z.array(z.string()).describe('Kinds of risk.'),
    triggerObjectIds: z.array(objectId).describe('The objects that the risk comes from.'),
    measured: z
      .object({
        gapM: z.number().min(0).exactOptional().describe('Metres between the two.'),
        closingMps: z.number().min(0).exactOptional().describe('How fast they come closer, in metres a second.'),
        timeToCollisionS: z.number().min(0).exactOptional().describe('Seconds until they meet, if both go on so.'),
      })
      .describe('As far as anything is known.'),
  })
  .meta({ id: 'LocalJudgement', description: 'What local rules make of a group: the least that any answer comes to.' });

export const taskPrioritySchema = z
  .enum(['high', 'medium', 'low'])
  .meta({ id: 'TaskPriority', description: 'What is more urgent is assessed first.' });

/** What is optional, a producer that is not ours may leave out. */
export const assessmentTaskMessageSchema = z
  .object({
    taskId: z.string().min(1).describe('Names the task.'),
    requestId,
    cameraId,
    timestamp: captured,
    groupIndex: z.int().min(1).describe('The group of the detection.'),
    groupImageBase64: z.string().describe('JPEG, base64; empty where there is no picture.'),
    detectedObjects: z.array(detectedObjectSchema).describe("The group's members."),
    groupMetadata: z
      .object({
        objectCount: count.describe('Members.'),
        classes: z.array(z.string()).describe("The members' classes, each once."),
      })
      .describe('The group in short.'),
    memberIndices: z
      .array(count)
      .exactOptional()
      .describe("Positions of the members among the detection's objects, from 0."),
    groupImageBbox: bboxSchema.exactOptional().describe('What the picture shows, in pixels of the source picture.'),
    differenceHash: differenceHashSchema.exactOptional(),
    priority: taskPrioritySchema.exactOptional(),
    deadline: timestamp.exactOptional().describe('When an answer is of no use any more: ISO 8601, UTC.'),
    localJudgement: localJudgementSchema.exactOptional(),
  })
  .meta({
    title: 'Assessment task',
    description: 'One group of a detection, to be assessed. Topic `assessment-tasks`; its id is `taskId`.',
  });

export const assessmentSourceSchema = z.enum(['model', 'cache', 'rules']).meta({
  id: 'AssessmentSource',
  description: 'Who judged: the model just now, the model a moment ago of the same scene, or local rules.',
});

export const groupRiskSchema = z
  .object({
    groupIndex: z.int().min(1).describe('The group of the detection.'),
    description: z.string().describe('For people: plain text, short.'),
    riskLevel: riskLevelSchema,
    confidence: z.number().min(0).max(1).describe('The score that the level follows from.'),
    riskTypes: z.array(z.string()).describe('Kinds of risk.'),
    dangerObjectCount: count.describe('Objects in danger.'),
    triggerObjectIds: z.array(objectId).describe('The objects that the risk comes from.'),
    source: assessmentSourceSchema.exactOptional(),
  })
  .meta({ id: 'GroupRisk', description: 'How dangerous a group is.' });

export const riskAssessmentResultMessageSchema = z
  .object({
    messageId: z.string().min(1).describe('`taskId` with `_result` behind it: lets a reader drop repeats.'),
    requestId,
    cameraId,
    timestamp: captured,
    results: z.array(groupRiskSchema),
    hasDangerousDriving: z.boolean().describe('One of the results is a danger.'),
    maxRiskLevel: riskLevelSchema.describe('The greatest of the results.'),
    metadata: z
      .object({
        llmLatency: z.number().min(0).describe('Seconds; 0 where no model was asked.'),
        llmModel: z.string().describe('Empty where no model answered.'),
        apiKeyId: z.string().nullable().describe('The id of the API key that was used, never the key.'),
        retryCount: count.describe('Further attempts that it took.'),
        llmRawText: z
          .string()
          .exactOptional()
          .describe('What the model said, as it said it, without control characters.'),
        fallbackReason: z.string().exactOptional().describe('Why rules judged, in a word.'),
      })
      .describe('How it was found.'),
    error: z.string().exactOptional().describe('Why it failed, where it did.'),
  })
  .meta({
    title: 'Risk assessment',
    description: 'What the assessment of one task came to. Topic `risk-assessment-results`; its id is `messageId`.',
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
