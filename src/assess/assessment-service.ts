import type { Bus, Delivery } from '../bus/bus.ts';
import { RecentIds } from '../bus/recent-ids.ts';
import type { AssessmentTaskMessage, RiskAssessmentResultMessage } from '../bus/topics.ts';
import { errorCode } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { type Assessment, resultMessage } from './assessment.ts';
import type { AssessmentObserver } from './assessment-observer.ts';
import { type AssessmentTask, resultId, type TaskDefaults, taskOf } from './assessment-task.ts';
import type { RiskAssessor } from './risk-assessor.ts';
import type { RulesAssessor } from './rules-assessor.ts';

/** Answered tasks that are remembered, to know a repeat: some minutes of a busy site. */
const rememberedTasks = 50_000;

export interface AssessmentServiceOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly assessor: RiskAssessor;
  /** Judges where there are too many tasks for the assessor. */
  readonly rules: RulesAssessor;
  readonly taskDefaults: TaskDefaults;
  /** Assessments at a time. */
  readonly maxTasks: number;
  readonly observer: AssessmentObserver;
}

interface RunningTask {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/**
 * Connects the assessment to the bus: tasks become results, one each. Any number of a camera's tasks are under way at a
 * time; beyond `maxTasks` rules judge, and the bus waits while readers of results are that slow. A task is handled when its
 * result is on the bus. One that comes again while it is under way, or after anybody has answered it, is not asked again.
 */
export class AssessmentService {
  readonly #options: AssessmentServiceOptions;
  readonly #leaveTasks: () => void;
  readonly #leaveResults: () => void;
  /** By task id. */
  readonly #running = new Map<string, RunningTask>();
  readonly #answered = new RecentIds(rememberedTasks);
  #closing: Promise<void> | undefined;

  constructor(options: AssessmentServiceOptions) {
    this.#options = options;
    const { bus } = options;
    this.#leaveResults = bus.subscribe('risk-assessment-results', 'onlooker', (result) => this.#onResult(result));
    this.#leaveTasks = bus.subscribe('assessment-tasks', 'llm-scheduler', (message, _key, delivery) =>
      this.#onTask(message, delivery),
    );
  }

  /** Tasks that are not answered yet. */
  get running(): number {
    return this.#running.size;
  }

  /** Lets rules answer what is under way, and resolves when that is published. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.allSettled(running.map(({ done }) => done));
    this.#leaveTasks();
    this.#leaveResults();
  }

  /** Of other processes as well: a task that moved here with its partition may have been answered there. */
  #onResult({ messageId }: RiskAssessmentResultMessage): void {
    this.#answered.add(messageId);
  }

  /** Returns before the answer is there: the next task of the same camera need not wait for it. */
  #onTask(message: AssessmentTaskMessage, delivery: Delivery): Promise<void> | void {
    const { taskDefaults, maxTasks, observer } = this.#options;
    const running = this.#running.get(message.taskId);
    if (running !== undefined || this.#answered.has(resultId(message.taskId))) {
      observer.onRepeat();
      if (running !== undefined) delivery.keepUntil(running.done);
      return;
    }
    const task = taskOf(message, taskDefaults);
    if (this.#running.size >= maxTasks) return this.#answerByRules(task);
    const abort = new AbortController();
    if (this.#closing !== undefined) abort.abort();
    const done = this.#answer(task, abort.signal).finally(() => this.#running.delete(task.taskId));
    this.#running.set(task.taskId, { abort, done });
    delivery.keepUntil(done);
  }

  async #answer(task: AssessmentTask, signal: AbortSignal): Promise<void> {
    await this.#publish(task, await this.#options.assessor.assess(task, signal));
  }

  #answerByRules(task: AssessmentTask): Promise<void> {
    return this.#publish(task, this.#options.rules.judge(task, 'too-many'));
  }

  /** Rejects where the bus is closed: the task is then not handled. */
  async #publish(task: AssessmentTask, assessment: Assessment): Promise<void> {
    const { bus, clock, observer } = this.#options;
    observer.onAssessed(assessment, clock.nowMs() - Date.parse(task.timestamp));
    try {
      await bus.publish('risk-assessment-results', task.cameraId, resultMessage(task, assessment));
      this.#answered.add(resultId(task.taskId));
    } catch (error) {
      observer.onError(error);
      if (errorCode(error) === 'bus-closed') throw error;
    }
  }
}
