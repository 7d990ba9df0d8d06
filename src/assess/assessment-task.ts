/** One group that is to be assessed, as the assessors see it, and its way onto the bus and back. */
import type { AssessmentTaskMessage, LocalJudgement } from '../bus/topics.ts';
import type { RiskThresholds } from '../detect/risk-level.ts';
import type { BBox } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import type { TaskPriority } from './pool/model-pool.ts';
import { judgeLocally } from './rules/local-judgement.ts';
import type { ObjectId } from './rules/road-user.ts';

export interface TaskMember {
  readonly id: ObjectId;
  readonly class: string;
  /** 0..1. */
  readonly confidence: number;
  /** In pixels of the source picture. */
  readonly bbox: BBox;
}

export interface TaskPicture {
  readonly jpegBase64: string;
  /** What it shows, in pixels of the source picture; the picture has as many of its own. */
  readonly bbox: BBox;
  readonly differenceHash?: string;
}

export interface AssessmentTask {
  readonly taskId: string;
  readonly requestId: string;
  readonly cameraId: string;
  /** When the frame was captured, as it stands in messages. */
  readonly timestamp: string;
  readonly groupIndex: number;
  readonly members: readonly TaskMember[];
  readonly picture?: TaskPicture;
  readonly priority: TaskPriority;
  /** On the monotonic clock, in ms: an answer that comes later is of no use. */
  readonly deadlineMs: number;
  readonly judgement: LocalJudgement;
}

/** What a reader needs to complete a message that somebody else made. */
export interface TaskDefaults {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly thresholds: RiskThresholds;
}

/** The task of a message; what its producer left out is made up for. */
export function taskOf(message: AssessmentTaskMessage, defaults: TaskDefaults): AssessmentTask {
  const members = membersOf(message);
  const judgement = message.localJudgement ?? judgeLocally(members, defaults.thresholds);
  const picture = pictureOf(message);
  return {
    taskId: message.taskId,
    requestId: message.requestId,
    cameraId: String(message.cameraId),
    timestamp: message.timestamp,
    groupIndex: message.groupIndex,
    members,
    ...(picture === undefined ? {} : { picture }),
    priority: message.priority ?? priorityOf(judgement),
    deadlineMs: monotonicDeadline(message, defaults),
    judgement,
  };
}

/** What rules find dangerous is asked first; what they find harmless, last. */
export function priorityOf({ riskLevel }: LocalJudgement): TaskPriority {
  if (riskLevel === 'high') return 'high';
  return riskLevel === 'none' ? 'low' : 'medium';
}

/** The id of a task's result: the same whoever answers it, so that readers know repeats. */
export function resultId(taskId: string): string {
  return `${taskId}_result`;
}

/** The id by which a member is known in a task and in its answers. */
export function memberId(trackId: ObjectId | undefined, index: number): ObjectId {
  return trackId ?? index;
}

function membersOf(message: AssessmentTaskMessage): TaskMember[] {
  return message.detectedObjects.map(({ class: className, confidence, bbox, trackId }, position) => ({
    id: memberId(trackId, message.memberIndices?.[position] ?? position),
    class: className,
    confidence,
    bbox,
  }));
}

function pictureOf({ groupImageBase64, groupImageBbox, differenceHash, detectedObjects }: AssessmentTaskMessage) {
  if (groupImageBase64 === '') return undefined;
  return {
    jpegBase64: groupImageBase64,
    bbox: groupImageBbox ?? unionOf(detectedObjects.map(({ bbox }) => bbox)),
    ...(differenceHash === undefined ? {} : { differenceHash }),
  };
}

function unionOf(boxes: readonly BBox[]): BBox {
  const corner = (index: number, pick: (...values: number[]) => number) => pick(...boxes.map((box) => box[index] ?? 0));
  if (boxes.length === 0) return [0, 0, 1, 1];
  return [corner(0, Math.min), corner(1, Math.min), corner(2, Math.max), corner(3, Math.max)];
}

/** Never farther away than a task of our own would have it: clocks of other machines may be wrong. */
function monotonicDeadline({ deadline }: AssessmentTaskMessage, { clock, deadlineMs }: TaskDefaults): number {
  const leftMs = deadline === undefined ? deadlineMs : Date.parse(deadline) - clock.nowMs();
  return clock.monotonicMs() + Math.min(leftMs, deadlineMs);
}
