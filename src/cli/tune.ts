import { availableParallelism } from 'node:os';
import systeminformation from 'systeminformation';
import type { Config } from '../config/schema.ts';
import { loadModel } from '../detect/manifest.ts';
import { chooseCandidates } from '../detect/model-candidates.ts';
import { defaultPlan, type RunPlan } from '../detect/run-plan.ts';
import { RoadwatchError } from '../errors.ts';
import { candidatePlans } from '../tune/candidate-plans.ts';
import { choosePlan, type PlanMeasurement } from '../tune/choose-plan.ts';
import { measurePlan } from '../tune/measure-plan.ts';
import { readTuning, tuningKey, tuningPath, writeTuning } from '../tune/tuning-file.ts';
import type { MeasureStart } from '../tune/worker-messages.ts';
import { type ConfigFlags, loadFromFlags } from './config-options.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, printLine } from './output.ts';

export interface TuneFlags extends ConfigFlags {
  readonly json?: boolean;
  readonly ifNeeded?: boolean;
}

const secondsPerPlan = 1;
/** What most cameras send. */
const cameraShape = { heightPx: 9, widthPx: 16 };

/** `roadwatch tune`: measures how this machine runs the model best, and keeps it for the service. */
export async function tune(flags: TuneFlags): Promise<ExitCode> {
  const config = loadFromFlags(flags);
  const path = tuningPath();
  const key = tuningKey(config.detector);
  const known = readTuning(path, key);
  if (flags.ifNeeded && known !== undefined) {
    await report(flags, path, known, []);
    return exitCodes.ok;
  }
  const measured = await measureAll(config, flags);
  const best = choosePlan(measured);
  if (best === undefined) throw new RoadwatchError('tune-failed', 'no plan could be measured');
  writeTuning(path, key, best.plan);
  await report(flags, path, best.plan, measured);
  return exitCodes.ok;
}

async function measureAll(config: Config, flags: TuneFlags): Promise<PlanMeasurement[]> {
  const { physicalCores } = await systeminformation.cpu();
  const logical = availableParallelism();
  const physical = Math.max(1, Math.min(physicalCores, logical));
  const start = await measureStart(config);
  const measured: PlanMeasurement[] = [];
  if (!flags.json) complain(`${physical} cores, ${logical} threads; ${secondsPerPlan} s for each plan`);
  for (const plan of candidatePlans({ logical, physical })) {
    const result = await measurePlan(plan, start);
    measured.push(result);
    if (!flags.json) complain(resultText(result));
  }
  return measured;
}

/** On the CPU alone: a GPU runs one worker with large batches, whatever stands beside it. */
async function measureStart({ detector }: Config): Promise<MeasureStart> {
  const model = await loadModel(detector.manifestPath);
  const candidates = await chooseCandidates(model, {
    providers: ['cpu'],
    precision: detector.precision,
    planFor: defaultPlan,
  });
  const { input, output, classes } = model.manifest;
  return {
    candidates,
    ...(input.size ? { fixedInput: input.size } : {}),
    inputName: input.name,
    outputName: output.name,
    outputRows: 4 + classes.length,
    ...(input.size ?? inputSizeOf(detector.inputSize, input.stridePx)),
    seconds: secondsPerPlan,
  };
}

function inputSizeOf(size: Config['detector']['inputSize'], stridePx: number): { heightPx: number; widthPx: number } {
  if (typeof size !== 'number') return size;
  const heightPx = Math.ceil((size * cameraShape.heightPx) / cameraShape.widthPx / stridePx) * stridePx;
  return { heightPx, widthPx: size };
}

function resultText({ plan, framesPerSecond, cpuMsPerFrame }: PlanMeasurement): string {
  return `  ${planText(plan)}: ${framesPerSecond.toFixed(1)} frames a second, ${cpuMsPerFrame.toFixed(1)} ms of processor time each`;
}

function planText({ workers, threadsPerWorker, maxBatch }: RunPlan): string {
  return `${workers} workers, ${threadsPerWorker} threads each, ${maxBatch} frames a run`;
}

async function report(
  flags: TuneFlags,
  path: string,
  plan: RunPlan,
  measured: readonly PlanMeasurement[],
): Promise<void> {
  await printLine(flags.json ? JSON.stringify({ plan, path, measured }) : `${planText(plan)} (kept in ${path})`);
}
