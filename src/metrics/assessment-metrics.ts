import { Counter, Histogram, type Registry } from 'prom-client';
import { alertLevels } from '../alert/alert-level.ts';
import type { Assessment } from '../assess/assessment.ts';
import type { SkipReason } from '../assess/tasks/task-generator.ts';
import { registerGauges } from './reading.ts';

/** From a frame's capture to the answer for one of its groups, in seconds. */
const answerBuckets = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 30];

/** What becomes of groups: tasks, and the answers to them. */
export class AssessmentMetrics {
  readonly #generated: Counter;
  readonly #skipped: Counter<'reason'>;
  readonly #processed: Counter;
  readonly #repeats: Counter;
  readonly #answers: Counter<'source'>;
  readonly #fallbacks: Counter<'reason'>;
  readonly #answerSeconds: Histogram<'source'>;
  readonly #alerts: Counter<'risk_level'>;
  readonly #types: Counter<'risk_type'>;
  readonly #cacheHits: Counter;
  readonly #tokensSaved: Counter;

  /** `running`: tasks that are not answered yet; asked at each scrape. */
  constructor(registry: Registry, running: () => number) {
    const registers = [registry];
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    const labelled = <Label extends string>(name: string, help: string, label: Label) =>
      new Counter<Label>({ name, help, labelNames: [label], registers });
    this.#generated = counter('tasks_generated_total', 'Groups that were given to be assessed.');
    this.#skipped = labelled('tasks_skipped_total', 'Groups that were not given to be assessed, by reason.', 'reason');
    this.#processed = counter('tasks_processed_total', 'Groups that were assessed.');
    this.#repeats = counter('task_repeats_total', 'Tasks that came again, and were not assessed again.');
    registerGauges(registry, [['task_queue_size', 'Groups whose assessment is under way or waits.', running]]);
    this.#answers = labelled('risk_answers_total', 'Answers, by who gave them: model, cache or rules.', 'source');
    this.#fallbacks = labelled('risk_fallbacks_total', 'Answers by rules, by why no model gave them.', 'reason');
    this.#answerSeconds = new Histogram({
      name: 'risk_answer_seconds',
      help: "From a frame's capture to the answer for one of its groups, by who gave it.",
      labelNames: ['source'],
      buckets: answerBuckets,
      registers,
    });
    this.#alerts = labelled('risk_alerts_total', 'Groups that were found dangerous, by level.', 'risk_level');
    this.#types = labelled('risk_types_detected_total', 'Reasons for which groups were found dangerous.', 'risk_type');
    this.#cacheHits = counter('llm_cache_hits_total', 'Answers that were reused, because the scene was the same.');
    this.#tokensSaved = counter('llm_tokens_saved_total', 'Tokens that those answers did not take.');
    // Rates of what has not happened yet are 0, not nothing.
    for (const level of alertLevels) this.#alerts.inc({ risk_level: level }, 0);
    for (const source of ['model', 'cache', 'rules']) this.#answers.inc({ source }, 0);
  }

  tasks(count: number): void {
    this.#generated.inc(count);
  }

  skipped(reason: SkipReason, groups: number): void {
    this.#skipped.inc({ reason }, groups);
  }

  repeated(): void {
    this.#repeats.inc();
  }

  /** `ageMs`: from the frame's capture to the answer. */
  assessed({ source, fallbackReason, riskLevel, riskTypes, tokensSaved }: Assessment, ageMs: number): void {
    this.#processed.inc();
    this.#answers.inc({ source });
    this.#answerSeconds.observe({ source }, Math.max(0, ageMs) / 1000);
    if (fallbackReason !== undefined) this.#fallbacks.inc({ reason: fallbackReason });
    if (tokensSaved !== undefined) {
      this.#cacheHits.inc();
      this.#tokensSaved.inc(tokensSaved);
    }
    if (riskLevel === 'none') return;
    this.#alerts.inc({ risk_level: riskLevel });
    for (const type of riskTypes) this.#types.inc({ risk_type: type });
  }
}
