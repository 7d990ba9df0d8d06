import type { Assessment } from './assessment.ts';
import type { SkipReason } from './tasks/task-generator.ts';

/** Hears what metrics need; called on the event loop, and must not throw. */
export interface AssessmentObserver {
  onTasks(count: number): void;
  onSkipped(reason: SkipReason, groups: number): void;
  /** `ageMs`: from the frame's capture to the answer. */
  onAssessed(assessment: Assessment, ageMs: number): void;
  /** A task came that is under way or answered already. */
  onRepeat(): void;
  /** A message did not reach its readers, or an assessor failed. */
  onError(error: unknown): void;
}
