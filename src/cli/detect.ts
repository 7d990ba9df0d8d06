import { availableParallelism } from 'node:os';
import { engineOptions } from '../config/engine-options.ts';
import type { FlagSetting } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { FileAnalysis } from '../detect/file-analysis.ts';
import type { EngineOptions } from '../detect/start-engine.ts';
import { errorCode, errorMessage } from '../errors.ts';
import { realClock } from '../time/clock.ts';
import { withinLimit } from '../time/within-limit.ts';
import { type ConfigFlags, loadFromFlags, numberOrText } from './config-options.ts';
import { DetectionWriter } from './detection-writer.ts';
import { endProcess } from './end-process.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain, stdoutEnd } from './output.ts';
import { FileProgress } from './progress.ts';
import { StopSignal } from './signals.ts';

/** What the engine gets to end in. */
const closeLimitMs = 3000;

export interface DetectFlags extends ConfigFlags {
  /** Seconds of media time between two analysed frames; 0: each. */
  readonly every: number;
  readonly confidence?: string;
  readonly nms?: string;
  readonly size?: string;
  /** Folder for the pictures with their boxes drawn. */
  readonly draw?: string;
}

/** `roadwatch detect FILE…`: what is in pictures and videos, one JSON line for each picture or analysed frame. */
export async function detectInFiles(files: readonly string[], flags: DetectFlags): Promise<ExitCode> {
  const config = loadFromFlags(flags, { flags: detectorSettings(flags) });
  const { startEngine } = await import('../detect/start-engine.ts');
  const stop = new StopSignal();
  const outputEnd = stdoutEnd();
  const end = AbortSignal.any([stop.signal, outputEnd]);
  const analysis = await FileAnalysis.start((listener) => startEngine(fileEngineOptions(config), listener));
  const progress = new FileProgress(files.length);
  const writer = new DetectionWriter(analysis.details().classNames, progress, flags.draw);
  let code: ExitCode = exitCodes.ok;
  try {
    for (const file of files) {
      progress.begin(file);
      const isSound = await detectInFile(file, analysis, writer, flags, end);
      if (outputEnd.aborted) code = outputEnd.reason;
      else if (stop.signal.aborted) code = exitCodes.interrupted;
      else if (!isSound) code = exitCodes.partial;
      if (end.aborted) break;
      progress.end();
    }
  } finally {
    progress.close();
    await closeInTime(analysis, code);
    stop.dispose();
  }
  return code;
}

/** A run of the model that never comes back ends with the process. */
async function closeInTime(analysis: FileAnalysis, code: ExitCode): Promise<void> {
  const closed = analysis.close().then(() => true);
  if (await withinLimit(closed, closeLimitMs, realClock)) return;
  complain('roadwatch: the model does not come to an end; ending by force');
  await endProcess(code === exitCodes.ok ? exitCodes.failure : code);
}

/** Whether the whole file could be analysed; what is wrong with it goes to stderr. */
async function detectInFile(
  file: string,
  analysis: FileAnalysis,
  writer: DetectionWriter,
  flags: DetectFlags,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { decodeErrors } = await analysis.analyse(file, {
      intervalMs: Math.round(flags.every * 1000),
      drawn: flags.draw !== undefined,
      signal,
      onFrame: (event) => writer.write(file, event),
    });
    if (decodeErrors > 0) complain(`${file}: damaged: ${decodeErrors} of its frames could not be decoded`);
    return decodeErrors === 0;
  } catch (error) {
    if (signal.aborted) return false;
    complain(`${file}: ${errorCode(error)}: ${errorMessage(error)}`);
    return false;
  }
}

function detectorSettings({ confidence, nms, size }: DetectFlags): FlagSetting[] {
  const settings: FlagSetting[] = [];
  if (confidence !== undefined) {
    settings.push({ flag: '--confidence', path: ['detection', 'confidence'], value: numberOrText(confidence) });
  }
  if (nms !== undefined) settings.push({ flag: '--nms', path: ['detection', 'iou'], value: numberOrText(nms) });
  if (size !== undefined) settings.push({ flag: '--size', path: ['detector', 'inputSize'], value: numberOrText(size) });
  return settings;
}

/** One file plays at a time: nothing to wait for in a batch, and all cores for one run of the model. */
function fileEngineOptions(config: Config): EngineOptions {
  return {
    ...engineOptions(config),
    planFor: () => ({ workers: 1, threadsPerWorker: availableParallelism(), maxBatch: 1 }),
    batchDeadlineMs: 0,
  };
}
