import { availableParallelism } from 'node:os';
import { engineOptions } from '../config/engine-options.ts';
import type { FlagSetting } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { FileAnalysis } from '../detect/file-analysis.ts';
import type { EngineOptions } from '../detect/start-engine.ts';
import { errorCode, errorMessage } from '../errors.ts';
import { type ConfigFlags, loadFromFlags, numberOrText } from './config-options.ts';
import { DetectionWriter } from './detection-writer.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { complain } from './output.ts';
import { FileProgress } from './progress.ts';
import { StopSignal } from './signals.ts';

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
  const analysis = await FileAnalysis.start((listener) => startEngine(fileEngineOptions(config), listener));
  const progress = new FileProgress(files.length);
  const writer = new DetectionWriter(analysis.details().classNames, progress, flags.draw);
  let code: ExitCode = exitCodes.ok;
  try {
    for (const file of files) {
      progress.begin(file);
      const isSound = await detectInFile(file, analysis, writer, flags, stop.signal);
      if (stop.signal.aborted) return exitCodes.interrupted;
      if (!isSound) code = exitCodes.partial;
      progress.end();
    }
    return code;
  } finally {
    progress.close();
    await analysis.close();
    stop.dispose();
  }
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
      onFrame: (event) => writer.add(file, event),
    });
    await writer.written();
    if (decodeErrors > 0) complain(`${file}: damaged: ${decodeErrors} of its frames could not be decoded`);
    return decodeErrors === 0;
  } catch (error) {
    await writer.written();
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
