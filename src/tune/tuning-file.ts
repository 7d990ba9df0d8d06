/** Where a measured plan is kept, and for which machine and model it holds. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { installedVersion } from '../config/installation.ts';
import type { Config } from '../config/schema.ts';
import { stateFolder } from '../config/state-folder.ts';
import type { RunPlan } from '../detect/run-plan.ts';

const tuningSchema = z.object({
  validFor: z.string(),
  plan: z.strictObject({
    workers: z.int().min(1).max(64),
    threadsPerWorker: z.int().min(1).max(64),
    maxBatch: z.int().min(1).max(64),
  }),
});

/** In the state folder. */
export function tuningPath(environment: NodeJS.ProcessEnv = process.env): string {
  return join(stateFolder(environment), 'tuning.json');
}

/** The settings that say what is run. */
type TunedDetector = Pick<Config['detector'], 'manifestPath' | 'precision' | 'inputSize'>;

/** What a measurement depends on: another processor, model or version wants its own. */
export function tuningKey({ manifestPath, precision, inputSize }: TunedDetector): string {
  const processor = `${cpus()[0]?.model ?? 'unknown'} x ${availableParallelism()}`;
  return JSON.stringify([processor, installedVersion(), manifestPath, precision, inputSize]);
}

/** The measured plan; none where nothing was measured, or for something else. */
export function readTuning(path: string, key: string): RunPlan | undefined {
  try {
    const tuning = tuningSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return tuning.validFor === key ? tuning.plan : undefined;
  } catch {
    // Missing, or not ours any more: it is only a measurement, and can be made again.
    return undefined;
  }
}

/** Keeps a plan. Throws where the folder cannot be written. */
export function writeTuning(path: string, key: string, plan: RunPlan): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify({ validFor: key, plan }, null, 2)}\n`);
  renameSync(unfinished, path);
}
