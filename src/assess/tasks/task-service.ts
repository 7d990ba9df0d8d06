import type { Bus } from '../../bus/bus.ts';
import type { DetectionResultMessage } from '../../bus/topics.ts';
import type { AssessmentObserver } from '../assessment-observer.ts';
import type { TaskGenerator } from './task-generator.ts';

export interface TaskServiceOptions {
  readonly bus: Bus;
  readonly generator: TaskGenerator;
  readonly observer: Pick<AssessmentObserver, 'onTasks'>;
}

/** Detections become tasks: a detection is handled when all of its tasks are on the bus. */
export class TaskService {
  readonly #options: TaskServiceOptions;
  readonly #leave: () => void;

  constructor(options: TaskServiceOptions) {
    this.#options = options;
    this.#leave = options.bus.subscribe('detection-results', 'task-generator', (message) => this.#onDetection(message));
  }

  /** Takes no more detections. Safe to call twice. */
  close(): void {
    this.#leave();
  }

  async #onDetection(detection: DetectionResultMessage): Promise<void> {
    const { bus, generator, observer } = this.#options;
    const tasks = generator.tasksOf(detection);
    if (tasks.length === 0) return;
    observer.onTasks(tasks.length);
    await Promise.all(tasks.map((task) => bus.publish('assessment-tasks', String(task.cameraId), task)));
  }
}
