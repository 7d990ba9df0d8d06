import type { RiskLevel } from '../detect/detection-message.ts';
import { compareLevels, highestOf, type RiskThresholds } from '../detect/risk-level.ts';
import type { CheckedGroup } from './answer/check-answer.ts';
import { plainDescription } from './answer/plain-text.ts';
import type { Assessment } from './assessment.ts';
import type { AssessmentTask } from './assessment-task.ts';
import { type ModelTrace, tracedFields } from './model-trace.ts';
import type { ObjectId } from './rules/road-user.ts';
import type { RulesAssessor } from './rules-assessor.ts';
import { scoreWithin } from './score-within.ts';

/** What a model said of one group, once its answer is known to be valid; it may be used for a later scene, too. */
export interface ModelVerdict extends Pick<Assessment, 'description' | 'riskLevel' | 'confidence' | 'riskTypes'> {
  readonly dangerObjectCount: number;
  /** Positions of the members that are part of the danger. */
  readonly triggerMembers: readonly number[];
  readonly trace: ModelTrace & { readonly model: string; readonly rawText: string };
  /** What the call took, of prompt and answer. */
  readonly tokens: number;
  /** What the group was found to be, by model and rules together: a scene that is no worse need not be asked about. */
  readonly settledLevel: RiskLevel;
}

/** A group of an answer, brought into order: level and score fit each other, words are plain. */
export function verdictOf(
  group: CheckedGroup,
  task: AssessmentTask,
  thresholds: RiskThresholds,
  call: Pick<ModelVerdict, 'trace' | 'tokens'>,
): ModelVerdict {
  const { riskLevel } = group;
  const isDanger = riskLevel !== 'none';
  const triggers = isDanger ? group.triggerObjectIds : [];
  return {
    description: plainDescription(group.description),
    riskLevel,
    confidence: scoreWithin(riskLevel, group.confidence, thresholds),
    riskTypes: isDanger ? [...new Set(group.riskTypes)] : [],
    dangerObjectCount: isDanger ? clamped(group.dangerObjectCount, triggers.length, task.members.length) : 0,
    triggerMembers: task.members.flatMap(({ id }, position) => (triggers.includes(id) ? position : [])),
    settledLevel: highestOf([riskLevel, task.judgement.riskLevel]),
    ...call,
  };
}

/**
 * The assessment of a task by a model's verdict. The picture, and so the verdict, may be anybody's doing: it can raise
 * what rules measured, and never lower it.
 */
export function assessmentBy(
  verdict: ModelVerdict,
  task: AssessmentTask,
  source: 'model' | 'cache',
  rules: RulesAssessor,
): Assessment {
  const { judgement, members } = task;
  const trace: ModelTrace = source === 'cache' ? traceOfReuse(verdict) : verdict.trace;
  if (compareLevels(judgement.riskLevel, verdict.riskLevel) > 0) return rules.judge(task, 'floor', trace);
  const triggerObjectIds = union(
    verdict.triggerMembers.flatMap((position) => members[position]?.id ?? []),
    judgement.triggerObjectIds,
  );
  return {
    groupIndex: task.groupIndex,
    description: verdict.description === '' ? rules.judge(task, 'floor').description : verdict.description,
    riskLevel: verdict.riskLevel,
    confidence: Math.max(verdict.confidence, judgement.score),
    riskTypes: union(verdict.riskTypes, judgement.riskTypes),
    dangerObjectCount: Math.max(verdict.dangerObjectCount, triggerObjectIds.length),
    triggerObjectIds,
    source,
    ...tracedFields(trace),
    rules: judgement,
  };
}

/** Nobody was called this time. */
function traceOfReuse({ trace: { model, rawText }, tokens }: ModelVerdict): ModelTrace {
  return { model, rawText, tokensSaved: tokens };
}

/** The verdict for a later scene, whose members are those at these positions of the earlier one. */
export function carriedOver(verdict: ModelVerdict, counterparts: readonly number[]): ModelVerdict {
  const triggers = new Set(verdict.triggerMembers);
  return {
    ...verdict,
    triggerMembers: counterparts.flatMap((earlier, position) => (triggers.has(earlier) ? position : [])),
  };
}

function union<Item extends ObjectId>(one: readonly Item[], other: readonly Item[]): Item[] {
  return [...new Set([...one, ...other])];
}

function clamped(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
