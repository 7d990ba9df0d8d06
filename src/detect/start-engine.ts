/** Builds the engine: the native pipeline, the workers that run the model, and the watchdog over both. */
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import {
  type NativeCameraOptions,
  type NativeDetectionOptions,
  type NativeEvent,
  type NativeGroupingOptions,
  type NativePipeline,
  type NativePipelineOptions,
  native,
} from '../native.ts';
import type { Engine, EngineListener, InferenceDetails } from './engine.ts';
import { InferencePool } from './inference-pool.ts';
import { classIds, loadModel, type Model, type ProviderName } from './manifest.ts';
import { chooseCandidates } from './model-candidates.ts';
import type { PrecisionChoice } from './precision.ts';
import type { RunPlan } from './run-plan.ts';
import { type Standstill, stageTimeoutMs, Watchdog, type WatchdogAction } from './watchdog.ts';

const watchdogPeriodMs = 1000;

export interface EngineOptions {
  readonly model: { readonly manifestPath: string };
  /** Execution providers, tried in this order. */
  readonly providers: readonly ProviderName[];
  /** Of the model's variants, the one that CPUs get. */
  readonly precision: PrecisionChoice;
  /** How the model is run on a provider. */
  readonly planFor: (provider: ProviderName) => RunPlan;
  /** Threads that decode, letterbox and encode. */
  readonly decodeThreads: number;
  readonly batchDeadlineMs: number;
  readonly jpegQuality: number;
  /** A long side that follows each camera's shape, or both sides, fixed. */
  readonly inputSize: number | { readonly heightPx: number; readonly widthPx: number };
  readonly detection: Pick<NativeDetectionOptions, 'confidence' | 'iou' | 'maxObjects'> & {
    readonly allowedClasses: readonly string[];
  };
  readonly grouping: NativeGroupingOptions;
  readonly backoff: NativePipelineOptions['backoff'];
  /** Notes which cameras are being decoded (`native.decodeSuspects`); where it cannot be made, the engine does without. */
  readonly decodeMarksFile?: string;
}

/**
 * Starts the engine; resolves when the model is loaded. Throws RoadwatchError: `model-manifest`, `model-missing`,
 * `model-hash`, `model-shape`, `unknown-class`, `input-size`, `no-variant`, `no-provider`.
 */
export async function startEngine(options: EngineOptions, listener: EngineListener): Promise<Engine> {
  const model = await loadModel(options.model.manifestPath);
  const pipelineOptions = describePipeline(options, model);
  const candidates = await chooseCandidates(model, options);
  const pipeline = makePipeline(pipelineOptions, options.decodeMarksFile, listener);
  try {
    const pool = await InferencePool.start(
      {
        pipelineId: pipeline.id,
        floatsPerPicture: largestPictureFloats(pipelineOptions),
        candidates,
        ...(pipelineOptions.model.fixedInput ? { fixedInput: pipelineOptions.model.fixedInput } : {}),
        inputName: model.manifest.input.name,
        outputName: model.manifest.output.name,
        outputRows: 4 + model.manifest.classes.length,
      },
      {
        onWorkerLost: (reason, nextTryMs) =>
          listener.onLog({
            type: 'log',
            level: 'error',
            code: 'worker-lost',
            message: `an inference worker is lost (${reason}); a new one starts in ${nextTryMs} ms`,
          }),
        onWorkersExhausted: (stuck) =>
          listener.onLog({
            type: 'log',
            level: 'error',
            code: 'workers-exhausted',
            message: `${stuck} runs of the model do not come back: no more workers are started; start the service anew`,
          }),
      },
    );
    return new NativeEngine(pipeline, pool, model, listener);
  } catch (error) {
    await pipeline.close();
    throw error;
  }
}

class NativeEngine implements Engine {
  readonly #pipeline: NativePipeline;
  readonly #pool: InferencePool;
  readonly #model: Model;
  readonly #listener: EngineListener;
  readonly #watchdog = new Watchdog();
  readonly #watchdogTimer: NodeJS.Timeout;
  /** Those that wait for whoever reads their results: that they stand still says nothing. */
  readonly #patient = new Set<string>();

  constructor(pipeline: NativePipeline, pool: InferencePool, model: Model, listener: EngineListener) {
    this.#pipeline = pipeline;
    this.#pool = pool;
    this.#model = model;
    this.#listener = listener;
    this.#watchdogTimer = setInterval(() => this.#watch(), watchdogPeriodMs);
  }

  addCamera(options: NativeCameraOptions): void {
    this.#pipeline.addCamera(options);
    if (options.playback === 'every-frame') this.#patient.add(options.cameraId);
  }

  async removeCamera(cameraId: string): Promise<void> {
    this.#patient.delete(cameraId);
    try {
      await this.#pipeline.removeCamera(cameraId);
    } catch (error) {
      if (errorCode(error) !== 'no-thread') throw error;
      // It is out all the same; what is left of it goes with the next camera that is removed.
      this.#listener.onLog({ type: 'log', level: 'error', code: 'no-thread', message: errorMessage(error), cameraId });
    }
  }

  tuneCamera(...tuning: Parameters<NativePipeline['tuneCamera']>): void {
    this.#pipeline.tuneCamera(...tuning);
  }

  setDemand(...demand: Parameters<NativePipeline['setDemand']>): void {
    this.#pipeline.setDemand(...demand);
  }

  restartStage(...stage: Parameters<NativePipeline['restartStage']>): void {
    this.#pipeline.restartStage(...stage);
  }

  stats(): ReturnType<NativePipeline['stats']> {
    return this.#pipeline.stats();
  }

  details(): InferenceDetails {
    const { provider, path, precision, reason, plan } = this.#pool.chosen;
    return {
      model: this.#model.manifest.name,
      file: path,
      provider,
      precision,
      precisionReason: reason,
      refused: this.#pool.refused,
      ...plan,
      classNames: this.#model.manifest.classes,
      restarts: this.#pool.restarts,
      stuck: this.#pool.stuck,
    };
  }

  standstills(): readonly Standstill[] {
    return this.#watchdog.standstills();
  }

  async close(): Promise<void> {
    clearInterval(this.#watchdogTimer);
    this.#pool.expectEnd();
    await this.#pipeline.close();
    await this.#pool.close();
  }

  #watch(): void {
    const stats = this.#pipeline.stats();
    const cameras = stats.cameras.filter(({ cameraId }) => !this.#patient.has(cameraId));
    for (const action of this.#watchdog.check({ ...stats, cameras }, performance.now())) this.#restart(action);
  }

  #restart(action: WatchdogAction): void {
    const camera = action.stage === 'inference' ? {} : { cameraId: action.cameraId };
    const seconds = Math.round(action.stillForMs / 1000);
    this.#listener.onLog({
      type: 'log',
      level: 'warn',
      code: 'stage-restarted',
      message: `${action.stage} has not moved for ${seconds} s and is started anew`,
      ...camera,
    });
    if (action.stage === 'inference') {
      this.#pool.replaceStuck(this.#pipeline.abandonRuns(stageTimeoutMs));
    } else {
      this.#pipeline.restartStage(action.cameraId, action.stage);
    }
  }
}

function makePipeline(
  options: NativePipelineOptions,
  decodeMarksFile: string | undefined,
  listener: EngineListener,
): NativePipeline {
  const onEvent = (event: NativeEvent) => dispatch(event, listener);
  if (decodeMarksFile === undefined) return new native.Pipeline(options, onEvent);
  try {
    return new native.Pipeline({ ...options, decodeMarksFile }, onEvent);
  } catch (error) {
    if (errorCode(error) !== 'marks-failed') throw error;
    listener.onLog({ type: 'log', level: 'warn', code: 'marks-failed', message: errorMessage(error) });
    return new native.Pipeline(options, onEvent);
  }
}

function dispatch(event: NativeEvent, listener: EngineListener): void | Promise<void> {
  switch (event.type) {
    case 'detection':
      return listener.onDetection(event);
    case 'state':
      listener.onState(event.cameraId, event.connection);
      return;
    case 'log':
      listener.onLog(event);
  }
}

function describePipeline(options: EngineOptions, model: Model): NativePipelineOptions {
  const { manifest } = model;
  const { allowedClasses, ...thresholds } = options.detection;
  return {
    threads: options.decodeThreads,
    batchDeadlineMs: options.batchDeadlineMs,
    jpegQuality: options.jpegQuality,
    backoff: options.backoff,
    grouping: options.grouping,
    detection: {
      ...thresholds,
      allowedClassIds: classIds(manifest, allowedClasses),
      rivalClassIds: manifest.rivals.map((names) => classIds(manifest, names)),
    },
    model: {
      family: manifest.family,
      classNames: manifest.classes,
      stridePx: manifest.input.stridePx,
      ...inputOf(options, model),
    },
  };
}

/** The model's own fixed size wins; a configured one must suit the model's stride. */
function inputOf(
  options: EngineOptions,
  model: Model,
): Pick<NativePipelineOptions['model'], 'fixedInput' | 'longSidePx'> {
  const { size, stridePx } = model.manifest.input;
  const wanted = options.inputSize;
  if (size) return { fixedInput: size, longSidePx: Math.max(size.heightPx, size.widthPx, stridePx) };
  const sides = typeof wanted === 'number' ? [wanted] : [wanted.heightPx, wanted.widthPx];
  if (sides.some((sidePx) => sidePx % stridePx !== 0)) {
    throw new RoadwatchError(
      'input-size',
      `expected an input size in multiples of ${stridePx} px for the model ${model.manifest.name}, received ${sides.join('x')}`,
    );
  }
  return typeof wanted === 'number'
    ? { longSidePx: wanted }
    : { fixedInput: wanted, longSidePx: Math.max(wanted.heightPx, wanted.widthPx) };
}

function largestPictureFloats({ model }: NativePipelineOptions): number {
  const { heightPx, widthPx } = model.fixedInput ?? { heightPx: model.longSidePx, widthPx: model.longSidePx };
  return 3 * heightPx * widthPx;
}
