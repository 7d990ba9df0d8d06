import type { Assessment, FallbackReason } from './assessment.ts';
import type { AssessmentTask } from './assessment-task.ts';
import { type ModelTrace, tracedFields } from './model-trace.ts';
import type { RiskAssessor } from './risk-assessor.ts';
import { judgementInWords, type Language } from './rules/judgement-words.ts';

/** Local rules alone: at once, without a model, a key or a picture. */
export class RulesAssessor implements RiskAssessor {
  readonly #language: Language;

  constructor(language: Language) {
    this.#language = language;
  }

  async assess(task: AssessmentTask): Promise<Assessment> {
    return this.judge(task, 'rules-alone');
  }

  /** The rules' judgement as an answer; `reason` says why no model's stands there. */
  judge({ groupIndex, judgement }: AssessmentTask, reason: FallbackReason, trace: ModelTrace = {}): Assessment {
    return {
      groupIndex,
      description: judgementInWords(judgement, this.#language),
      riskLevel: judgement.riskLevel,
      confidence: judgement.score,
      riskTypes: judgement.riskTypes,
      dangerObjectCount: judgement.triggerObjectIds.length,
      triggerObjectIds: judgement.triggerObjectIds,
      source: 'rules',
      ...tracedFields(trace),
      rules: judgement,
      fallbackReason: reason,
    };
  }
}
