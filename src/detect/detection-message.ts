/**
 * What a detection looks like to others: the shapes of objects, groups and group pictures that viewers and the bus
 * share, and how an analysed frame becomes them.
 */
import { z } from 'zod';
import type { DetectionEvent, NativeGroup } from '../native.ts';

export const riskLevelSchema = z.enum(['none', 'low', 'medium', 'high']);
export type RiskLevel = z.output<typeof riskLevelSchema>;

/** x1, y1, x2, y2 in pixels of the source picture. */
export const bboxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly();

const count = z.int().min(0);
const confidence = z.number().min(0).max(1);
const sizePx = z.int().min(1);

/** 16 hexadecimal digits; the fewer bits differ, the more two pictures show the same. */
export const differenceHashSchema = z.string().regex(/^[0-9a-f]{16}$/);

export const detectedObjectSchema = z.object({
  class: z.string(),
  confidence,
  bbox: bboxSchema,
  level: riskLevelSchema,
  trackId: z.union([z.int(), z.string()]).exactOptional(),
});

export const trafficGroupSchema = z.object({
  /** From 1. */
  groupIndex: z.int().min(1),
  objectCount: count,
  /** The same as `objectCount`, under its older name; likewise the other pairs. */
  memberCount: count,
  bbox: bboxSchema,
  groupBbox: bboxSchema,
  /** The members' classes, each once, in the order of the first member that has it. */
  classes: z.array(z.string()),
  averageConfidence: confidence,
  avgConfidence: confidence,
  riskLevel: riskLevelSchema,
  /** Positions in `detectedObjects`, from 0. */
  memberIndices: z.array(z.int().min(0)),
});

export const groupImageSchema = z.object({
  groupIndex: z.int().min(1),
  /** JPEG, base64 without a data URI's head. */
  imageBase64: z.string(),
  /** What the picture shows, in pixels of the source picture. */
  bbox: bboxSchema,
  objectCount: count,
  classes: z.array(z.string()),
  imageWidth: sizePx,
  imageHeight: sizePx,
  differenceHash: differenceHashSchema.exactOptional(),
});

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

/** Pictures of the groups; none for a group whose picture nobody wanted. */
export function groupImages(event: DetectionEvent, classNames: readonly string[]): GroupImage[] {
  return event.groups.flatMap((group, index) => {
    const crop = group.crop;
    if (crop === undefined) return [];
    return {
      groupIndex: index + 1,
      imageBase64: crop.jpeg.toString('base64'),
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
