import type { AssessmentTaskMessage, DetectionResultMessage, LocalJudgement } from '../../bus/topics.ts';
import type { TrafficGroup } from '../../detect/detection-message.ts';
import type { RiskThresholds } from '../../detect/risk-level.ts';
import type { Clock } from '../../time/clock.ts';
import { memberId, priorityOf } from '../assessment-task.ts';
import { judgeLocally } from '../rules/local-judgement.ts';
import { MotionMemory } from '../rules/motion-memory.ts';
import type { Motion, RoadUser } from '../rules/road-user.ts';
import { SceneCooldown } from './scene-cooldown.ts';

/** Why a group gets no task: its scene was assessed a moment ago, or it has no picture to show to the model. */
export type SkipReason = 'cooldown' | 'no-picture';

export interface TaskGeneratorOptions {
  readonly clock: Clock;
  /** From a frame's capture to the answer. */
  readonly deadlineMs: number;
  readonly cooldownMs: number;
  readonly thresholds: RiskThresholds;
  /** Whether groups without a picture are left out: a model needs one, rules need none. */
  readonly picturesNeeded: () => boolean;
  readonly onSkipped: (reason: SkipReason, groups: number) => void;
}

interface JudgedGroup {
  readonly group: TrafficGroup;
  readonly judgement: LocalJudgement;
}

/**
 * Makes the tasks of a detection, one for each group: all of them, or none while the scene's cooldown lasts. Sees every
 * detection, in order by camera: motion is known from one to the next. Runs on the event loop.
 */
export class TaskGenerator {
  readonly #options: TaskGeneratorOptions;
  readonly #motions = new MotionMemory();
  readonly #cooldown: SceneCooldown;

  constructor(options: TaskGeneratorOptions) {
    this.#options = options;
    this.#cooldown = new SceneCooldown(options.cooldownMs);
  }

  tasksOf(detection: DetectionResultMessage): AssessmentTaskMessage[] {
    const { clock, onSkipped } = this.#options;
    const cameraId = String(detection.cameraId);
    const motions = this.#motions.observe(cameraId, Date.parse(detection.timestamp), detection.detectedObjects);
    const judged = detection.trafficGroups.map((group) => ({
      group,
      judgement: this.#judge(detection, group, motions),
    }));
    const askable = judged.filter(({ group }) => this.#isAskable(detection, group));
    if (askable.length < judged.length) onSkipped('no-picture', judged.length - askable.length);
    if (askable.length === 0) return [];
    const scene = askable.map(({ group, judgement }) => ({ ...group, riskLevel: judgement.riskLevel }));
    if (!this.#cooldown.pass(cameraId, clock.monotonicMs(), scene)) {
      onSkipped('cooldown', askable.length);
      return [];
    }
    const deadline = this.#deadlineOf(detection);
    return askable.map((one) => taskMessage(detection, one, deadline));
  }

  #judge(
    detection: DetectionResultMessage,
    group: TrafficGroup,
    motions: readonly (Motion | undefined)[],
  ): LocalJudgement {
    return judgeLocally(membersOf(detection, group, motions), this.#options.thresholds);
  }

  #isAskable(detection: DetectionResultMessage, { groupIndex }: TrafficGroup): boolean {
    if (!this.#options.picturesNeeded()) return true;
    return detection.groupImages.some((image) => image.groupIndex === groupIndex);
  }

  /** A stamp from the future, or from long ago, is a wrong clock: the task has at most its whole time, counted from now. */
  #deadlineOf({ timestamp }: DetectionResultMessage): string {
    const { clock, deadlineMs } = this.#options;
    const nowMs = clock.nowMs();
    const capturedMs = Math.min(nowMs, Date.parse(timestamp));
    return new Date(capturedMs + deadlineMs).toISOString();
  }
}

function membersOf(
  { detectedObjects }: DetectionResultMessage,
  { memberIndices }: TrafficGroup,
  motions: readonly (Motion | undefined)[],
): RoadUser[] {
  return memberIndices.flatMap((index) => {
    const object = detectedObjects[index];
    if (object === undefined) return [];
    const motion = motions[index];
    return {
      id: memberId(object.trackId, index),
      class: object.class,
      bbox: object.bbox,
      ...(motion === undefined ? {} : { motion }),
    };
  });
}

function taskMessage(
  detection: DetectionResultMessage,
  { group, judgement }: JudgedGroup,
  deadline: string,
): AssessmentTaskMessage {
  const image = detection.groupImages.find(({ groupIndex }) => groupIndex === group.groupIndex);
  return {
    taskId: `${detection.requestId}_${group.groupIndex}`,
    requestId: detection.requestId,
    cameraId: detection.cameraId,
    timestamp: detection.timestamp,
    groupIndex: group.groupIndex,
    groupImageBase64: image?.imageBase64 ?? '',
    detectedObjects: group.memberIndices.flatMap((index) => detection.detectedObjects[index] ?? []),
    groupMetadata: { objectCount: group.objectCount, classes: group.classes },
    memberIndices: group.memberIndices.filter((index) => index < detection.detectedObjects.length),
    ...(image === undefined ? {} : { groupImageBbox: image.bbox }),
    ...(image?.differenceHash === undefined ? {} : { differenceHash: image.differenceHash }),
    priority: priorityOf(judgement),
    deadline,
    localJudgement: judgement,
  };
}
