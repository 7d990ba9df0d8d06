import { Worker } from 'node:worker_threads';
import type { RunPlan } from '../detect/run-plan.ts';
import { RoadwatchError } from '../errors.ts';
import type { PlanMeasurement } from './choose-plan.ts';
import type { MeasureMessage, MeasureStart } from './worker-messages.ts';

/** Runs the plan for `start.seconds`. Throws what a worker throws while it loads the model. */
export async function measurePlan(plan: RunPlan, start: MeasureStart): Promise<PlanMeasurement> {
  const candidates = start.candidates.map((candidate) => ({ ...candidate, plan }));
  const workers = Array.from({ length: plan.workers }, () => new MeasureWorker({ ...start, candidates }));
  await Promise.all(workers.map((worker) => worker.next('ready')));
  const cpuBefore = process.cpuUsage();
  for (const worker of workers) worker.go();
  const done = await Promise.all(workers.map((worker) => worker.next('done')));
  const { user, system } = process.cpuUsage(cpuBefore);
  await Promise.all(workers.map((worker) => worker.ended));
  const frames = done.reduce((sum, one) => sum + one.frames, 0);
  return {
    plan,
    framesPerSecond: done.reduce((sum, one) => sum + (one.frames * 1000) / one.elapsedMs, 0),
    cpuMsPerFrame: (user + system) / 1000 / frames,
  };
}

class MeasureWorker {
  readonly ended: Promise<void>;
  readonly #worker: Worker;

  constructor(start: MeasureStart) {
    this.#worker = new Worker(new URL('./measure-worker.js', import.meta.url), { workerData: start });
    this.ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  go(): void {
    this.#worker.postMessage('go');
  }

  next<Type extends 'ready' | 'done'>(type: Type): Promise<Extract<MeasureMessage, { type: Type }>> {
    return new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('message', (message: MeasureMessage) => {
        if (message.type === 'failed') reject(new RoadwatchError(message.code, message.message));
        else if (message.type === type) resolve(message as Extract<MeasureMessage, { type: Type }>);
      });
    });
  }
}
