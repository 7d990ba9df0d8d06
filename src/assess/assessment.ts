/** What the assessment of a group came to, and the message that tells of it. */
import type { AssessmentSource, GroupRisk, LocalJudgement, RiskAssessmentResultMessage } from '../bus/topics.ts';
import { type AssessmentTask, resultId } from './assessment-task.ts';
import type { UnansweredReason } from './pool/model-pool.ts';

/**
 * Why rules judged: the pool's reason, or `no-picture` (there is nothing to show), `same-scene` (another task asked about
 * the same scene, in vain), `floor` (the model saw less danger than was measured), `too-many` (as many tasks as may be
 * are under way), `rules-alone` (no model is configured), `error` (a fault of our own, in the log).
 */
export type FallbackReason =
  | UnansweredReason
  | 'no-picture'
  | 'same-scene'
  | 'floor'
  | 'too-many'
  | 'rules-alone'
  | 'error';

export interface Assessment extends Omit<GroupRisk, 'source'> {
  readonly source: AssessmentSource;
  /** Who answered; empty where no model did. */
  readonly model: string;
  /** The key of the call, or of the last one that failed; nothing where none was made. */
  readonly keyId: string | undefined;
  /** Of the call that answered; 0 where none did. */
  readonly latencyMs: number;
  /** Calls beyond the first. */
  readonly retryCount: number;
  /** What the model said; empty where it said nothing. */
  readonly rawText: string;
  /** The rules' own judgement: the least that this can be. */
  readonly rules: LocalJudgement;
  /** Only where `source` is `rules`. */
  readonly fallbackReason?: FallbackReason;
  /** Tokens that asking the model would have taken: only where an earlier answer of it was reused. */
  readonly tokensSaved?: number;
}

/** The message for the bus. */
export function resultMessage(task: AssessmentTask, assessment: Assessment): RiskAssessmentResultMessage {
  const { riskLevel, source, fallbackReason, rawText } = assessment;
  return {
    messageId: resultId(task.taskId),
    requestId: task.requestId,
    cameraId: task.cameraId,
    timestamp: task.timestamp,
    results: [
      {
        groupIndex: task.groupIndex,
        description: assessment.description,
        riskLevel,
        confidence: assessment.confidence,
        riskTypes: [...assessment.riskTypes],
        dangerObjectCount: assessment.dangerObjectCount,
        triggerObjectIds: [...assessment.triggerObjectIds],
        source,
      },
    ],
    hasDangerousDriving: riskLevel !== 'none',
    maxRiskLevel: riskLevel,
    metadata: {
      llmLatency: assessment.latencyMs / 1000,
      llmModel: assessment.model,
      apiKeyId: assessment.keyId ?? null,
      retryCount: assessment.retryCount,
      ...(rawText === '' ? {} : { llmRawText: rawText }),
      ...(fallbackReason === undefined ? {} : { fallbackReason }),
    },
  };
}
