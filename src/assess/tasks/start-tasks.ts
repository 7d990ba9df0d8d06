/** Builds what makes tasks of detections, as a configuration has it, and connects it to the bus. */
import type { Bus } from '../../bus/bus.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../time/clock.ts';
import type { AssessmentObserver } from '../assessment-observer.ts';
import { TaskGenerator } from './task-generator.ts';
import { TaskService } from './task-service.ts';

export interface StartTasksOptions {
  readonly config: Pick<Config, 'risk'>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly observer: Pick<AssessmentObserver, 'onTasks' | 'onSkipped'>;
  /** Whether groups without a picture are left out. */
  readonly picturesNeeded: () => boolean;
}

export function startTasks({ config, bus, clock, observer, picturesNeeded }: StartTasksOptions): TaskService {
  const { deadlineMs, cooldownMs, thresholds } = config.risk;
  const generator = new TaskGenerator({
    clock,
    deadlineMs,
    cooldownMs,
    thresholds,
    picturesNeeded,
    onSkipped: (reason, groups) => observer.onSkipped(reason, groups),
  });
  return new TaskService({ bus, generator, observer });
}
