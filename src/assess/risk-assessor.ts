import type { Assessment } from './assessment.ts';
import type { AssessmentTask } from './assessment-task.ts';

/** Says how dangerous a group is. */
export interface RiskAssessor {
  /** Answers by the task's deadline, in every case and exactly once; at once after `signal` aborts. Never rejects. */
  assess(task: AssessmentTask, signal: AbortSignal): Promise<Assessment>;
}
