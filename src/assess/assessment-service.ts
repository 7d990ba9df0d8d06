import type { Bus } from '../bus/bus.ts';
import type { AssessmentTaskMessage, DetectionResultMessage } from '../bus/topics.ts';
import type { Clock } from '../time/clock.ts';
import { type Assessment, resultMessage } from './assessment.ts';
import type { AssessmentObserver } from './assessment-observer.ts';
import { type AssessmentTask, type TaskDefaults, taskOf } from './assessment-task.ts';
import type { RiskAssessor } from './risk-assessor.ts';
import type { RulesAssessor } from './rules-assessor.ts';
import type { TaskGenerator } from './tasks/task-generator.ts';

export interface AssessmentServiceOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly generator: TaskGenerator;
  readonly assessor: RiskAssessor;
  /** Judges where there are too many tasks for the assessor. */
  readonly rules: RulesAssessor;
  readonly taskDefaults: TaskDefaults;
  /** Assessments at a time. */
  readonly maxTasks: number;
  readonly observer: AssessmentObserver;
}

/**
 * Connects the assessment to the bus: detections become tasks, tasks become results, one each. Any number of a camera's
 * tasks are under way at a time; beyond `maxTasks` rules judge, and the bus waits while readers of results are that slow.
 */
export class AssessmentService {
  readonly #options: AssessmentServiceOptions;
  readonly #subscriptions: readonly (() => void)[];
  readonly #running = new Map<Promise<void>, AbortController>();
  #closing: Promise<void> | undefined;

  constructor(options: AssessmentServiceOptions) {
    this.#options = options;
    const { bus } = options;
    this.#subscriptions = [
      bus.subscribe('detection-results', 'task-generator', (detection) => this.#onDetection(detection)),
      bus.subscribe('assessment-tasks', 'llm-scheduler', (message) => this.#onTask(message)),
    ];
  }

  /** Tasks that are not answered yet. */
  get running(): number {
    return this.#running.size;
  }

  /** Takes no more detections, lets rules answer what is under way, and resolves when that is published. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const [leaveDetections, leaveTasks] = this.#subscriptions;
    leaveDetections?.();
    for (const abort of this.#running.values()) abort.abort();
    await Promise.all(this.#running.keys());
    leaveTasks?.();
  }

  async #onDetection(detection: DetectionResultMessage): Promise<void> {
    const { bus, generator, observer } = this.#options;
    const tasks = generator.tasksOf(detection);
    if (tasks.length === 0) return;
    observer.onTasks(tasks.length);
    await Promise.all(tasks.map((task) => bus.publish('assessment-tasks', String(task.cameraId), task)));
  }

  /** Returns before the answer is there: the next task of the same camera need not wait for it. */
  #onTask(message: AssessmentTaskMessage): Promise<void> | void {
    const { taskDefaults, maxTasks } = this.#options;
    const task = taskOf(message, taskDefaults);
    if (this.#running.size >= maxTasks) return this.#answerByRules(task);
    const abort = new AbortController();
    if (this.#closing !== undefined) abort.abort();
    const done = this.#answer(task, abort.signal).finally(() => this.#running.delete(done));
    this.#running.set(done, abort);
  }

  async #answer(task: AssessmentTask, signal: AbortSignal): Promise<void> {
    await this.#publish(task, await this.#options.assessor.assess(task, signal));
  }

  #answerByRules(task: AssessmentTask): Promise<void> {
    return this.#publish(task, this.#options.rules.judge(task, 'too-many'));
  }

  async #publish(task: AssessmentTask, assessment: Assessment): Promise<void> {
    const { bus, clock, observer } = this.#options;
    observer.onAssessed(assessment, clock.nowMs() - Date.parse(task.timestamp));
    try {
      await bus.publish('risk-assessment-results', task.cameraId, resultMessage(task, assessment));
    } catch (error) {
      observer.onError(error);
    }
  }
}
