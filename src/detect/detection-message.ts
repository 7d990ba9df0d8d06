/**
 * What a detection looks like to others: the shapes of objects, groups and group pictures that viewers and the bus
 * share, and how an analysed frame becomes them.
 */
import { z } from 'zod';
import type { DetectionEvent, NativeGroup } from '../native.ts';

export const riskLevelSchema = z
  .enum(['none', 'low', 'medium', 'high'])
  .meta({ id: 'RiskLevel', description: 'From the least to the greatest.' });
export type RiskLevel = z.output<typeof riskLevelSchema>;

export const bboxSchema = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .readonly()
  .meta({ id: 'BoundingBox', description: 'x1, y1, x2, y2 in pixels of the source picture.' });

const count = z.int().min(0);
const confidence = z.number().min(0).max(1);
const sizePx = z.int().min(1);

export const differenceHashSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .meta({
    id: 'DifferenceHash',
    description: 'Of a picture, as 16 hexadecimal digits: the fewer bits differ, the more two pictures show the same.',
  });

export const detectedObjectSchema = z
  .object({
    class: z.string().describe('What it is, as the model names it.'),
    confidence: confidence.describe("The model's score."),
    bbox: bboxSchema,
    level: riskLevelSchema.describe('That of the most dangerous group it belongs to; none where no risk is known yet.'),
    trackId: z
      .union([z.int(), z.string()])
      .exactOptional()
      .describe('The same in every frame that shows the same object; absent where objects are not tracked.'),
  })
  .meta({ id: 'DetectedObject', description: 'A road user, or another object that was looked for.' });

export const trafficGroupSchema = z
  .object({
    groupIndex: z.int().min(1).describe('From 1, in the order of the first members.'),
    objectCount: count.describe('Members.'),
    memberCount: count.describe('The same as `objectCount`.'),
    bbox: bboxSchema.describe("Holds all members' boxes."),
    groupBbox: bboxSchema.describe('The same as `bbox`.'),
    classes: z
      .array(z.string())
      .describe("The members' classes, each once, in the order of the first member that has it."),
    averageConfidence: confidence.describe("Mean of the members' scores."),
    avgConfidence: confidence.describe('The same as `averageConfidence`.'),
    riskLevel: riskLevelSchema.describe('none where no risk is known yet.'),
    memberIndices: z.array(count).describe('Positions of the members in `detectedObjects`, from 0.'),
  })
  .meta({ id: 'TrafficGroup', description: 'Objects that are close to each other.' });

export const groupImageSchema = z
  .object({
    groupIndex: z.int().min(1).describe('The group that it shows.'),
    imageBase64: z.string().describe("JPEG, base64 without a data URI's head."),
    bbox: bboxSchema.describe('What the picture shows, in pixels of the source picture.'),
    objectCount: count.describe("The group's members."),
    classes: z.array(z.string()).describe("The members' classes."),
    imageWidth: sizePx.describe('Width of this picture, in pixels.'),
    imageHeight: sizePx.describe('Height of this picture, in pixels.'),
    differenceHash: differenceHashSchema.exactOptional(),
  })
  .meta({ id: 'GroupImage', description: 'The picture of a group.' });

export type DetectedObject = z.output<typeof detectedObjectSchema>;
export type TrafficGroup = z.output<typeof trafficGroupSchema>;
export type GroupImage = z.output<typeof groupImageSchema>;

/** Objects as others see them, most confident first; `classNames` by class id. */
export function detectedObjects(event: DetectionEvent, classNames: readonly string[]): DetectedObject[] {
  return event.objects.map((object) => ({
    class: className(object.classId, classNames),
    confidence: object.confidence,
    bbox: object.bbox,
    level: 'none',
  }));
}

/** Groups as others see them, numbered from 1. No risk is known yet: that comes with the assessment. */
export function trafficGroups(event: DetectionEvent, classNames: readonly string[]): TrafficGroup[] {
  return event.groups.map((group, index) => ({
    groupIndex: index + 1,
    objectCount: group.members.length,
    memberCount: group.members.length,
    bbox: group.bbox,
    groupBbox: group.bbox,
    classes: groupClasses(event, group, classNames),
    averageConfidence: group.meanConfidence,
    avgConfidence: group.meanConfidence,
    riskLevel: 'none',
    memberIndices: [...group.members],
  }));
}

/** Pictures of the groups; none for a group whose picture nobody wanted. `base64`: what stands for a JPEG. */
export function groupImages(
  event: DetectionEvent,
  classNames: readonly string[],
  base64 = (jpeg: Buffer) => jpeg.toString('base64'),
): GroupImage[] {
  return event.groups.flatMap((group, index) => {
    const crop = group.crop;
    if (crop === undefined) return [];
    return {
      groupIndex: index + 1,
      imageBase64: base64(crop.jpeg),
      bbox: crop.bbox,
      objectCount: group.members.length,
      classes: groupClasses(event, group, classNames),
      imageWidth: crop.widthPx,
      imageHeight: crop.heightPx,
      differenceHash: crop.differenceHash,
    };
  });
}

/** When the frame was captured: ISO 8601, UTC, ends in Z. */
export function captureTimestamp(event: DetectionEvent): string {
  return new Date(event.capturedAtMs).toISOString();
}

/** From the packet's arrival to the result, in seconds. */
export function processTimeSeconds(event: DetectionEvent): number {
  return event.timings.totalMs / 1000;
}

function groupClasses(event: DetectionEvent, group: NativeGroup, classNames: readonly string[]): string[] {
  const names = new Set<string>();
  for (const member of group.members) {
    const object = event.objects[member];
    if (object !== undefined) names.add(className(object.classId, classNames));
  }
  return [...names];
}

function className(classId: number, classNames: readonly string[]): string {
  return classNames[classId] ?? `class ${classId}`;
}
