/**
 * Notices a stage that has stopped moving although what it lives on still comes, and says which one to start anew.
 * Looks only at the pipeline's counters, so that a test gives them and moves the time.
 */
import type { CameraStage, CameraStats, PipelineStats } from '../native.ts';

/** A stage that does nothing for this long has stopped. */
export const stageTimeoutMs = 10_000;
/** Analyses and keyframes that come rarely are no standstill: this many of their intervals may pass. */
const intervalsBeforeStandstill = 3;
/** A stream that gives no picture for so long, whatever is tried, is asked for anew. Longer than most cameras' GOPs. */
export const pictureTimeoutMs = 60_000;
/** So often could each camera have had its turn before one counts as passed over. */
const turnsBeforePassedOver = 2;
/** A stage just started anew gets this long, or its own time, before it is judged again. */
const graceMs = 15_000;
/** No worker has taken a frame for so long, although some wait: there is none any more, and none can be started. */
export const inferenceTimeoutMs = 60_000;
/** Started anew so often without moving once, a stage moves no more: its thread hangs. */
export const restartsInVain = 3;

export type WatchdogAction =
  | { readonly stage: CameraStage; readonly cameraId: string; readonly stillForMs: number }
  | { readonly stage: 'inference'; readonly stillForMs: number };

/** A stage that nothing but a new process sets going again. */
export interface Standstill {
  readonly stage: CameraStage | 'inference';
  /** Of stages that each camera has for itself. */
  readonly cameraId?: string;
}

interface Movement {
  value: number;
  sinceMs: number;
}

interface CameraWatch {
  readonly source: Movement;
  /** What the decoder is done with, well or not. */
  readonly decode: Movement;
  readonly pictures: Movement;
  /** Frames that came out of the slot; still since the first that was put into it after these. */
  readonly analysis: Movement;
  offeredBefore: number;
  /** Frames of all cameras that were in the model until then. */
  batchedBefore: number;
  graceUntilMs: number;
  /** The stage that was last started anew, where it stood still since, and how often. */
  restarted?: { readonly stage: CameraStage; readonly sinceMs: number; readonly times: number };
}

interface Judgement {
  readonly stage: CameraStage;
  readonly sinceMs: number;
  readonly timeoutMs: number;
  /** It is what the camera sends that is unfit, not we who do nothing. */
  readonly cameraAtFault?: true;
}

export class Watchdog {
  readonly #cameras = new Map<string, CameraWatch>();
  #inferenceGraceUntilMs = 0;
  /** Batches that were taken; still since the first frame that nobody takes. */
  readonly #batches: Movement = { value: -1, sinceMs: 0 };
  #isInferenceStill = false;

  /** To be called about every second, with a monotonic time. */
  check(stats: PipelineStats, nowMs: number): WatchdogAction[] {
    const actions: WatchdogAction[] = [];
    const stuckMs = stats.oldestRunMs ?? 0;
    if (stuckMs >= stageTimeoutMs && nowMs >= this.#inferenceGraceUntilMs) {
      this.#inferenceGraceUntilMs = nowMs + graceMs;
      actions.push({ stage: 'inference', stillForMs: stuckMs });
    }
    if (move(this.#batches, stats.batches, nowMs) || stats.framesWaiting === 0) this.#batches.sinceMs = nowMs;
    this.#isInferenceStill = nowMs - this.#batches.sinceMs >= inferenceTimeoutMs;
    for (const camera of stats.cameras) {
      const action = this.#checkCamera(camera, stats, nowMs);
      if (action) actions.push(action);
    }
    this.#forgetOthers(stats);
    return actions;
  }

  /** What stood still at the last check, and was started anew time and again, in vain. */
  standstills(): Standstill[] {
    const cameras = [...this.#cameras].flatMap(([cameraId, { restarted }]) =>
      restarted !== undefined && restarted.times >= restartsInVain ? [{ stage: restarted.stage, cameraId }] : [],
    );
    return this.#isInferenceStill ? [{ stage: 'inference' }, ...cameras] : cameras;
  }

  #checkCamera(camera: CameraStats, stats: PipelineStats, nowMs: number): WatchdogAction | undefined {
    const watch = this.#watchOf(camera, nowMs);
    observe(watch, camera, stats, nowMs);
    if (camera.connection.state !== 'live' || nowMs < watch.graceUntilMs) return undefined;
    const judgements = [
      judgeSource(watch),
      judgeDecode(watch, camera),
      judgePictures(watch, camera),
      judgeAnalysis(watch, camera, stats),
    ];
    const stopped = judgements.find((judgement) => judgement && nowMs - judgement.sinceMs >= judgement.timeoutMs);
    if (!stopped) return undefined;
    watch.graceUntilMs = nowMs + Math.max(graceMs, stopped.timeoutMs);
    countRestart(watch, stopped);
    return { stage: stopped.stage, cameraId: camera.cameraId, stillForMs: nowMs - stopped.sinceMs };
  }

  #watchOf(camera: CameraStats, nowMs: number): CameraWatch {
    const known = this.#cameras.get(camera.cameraId);
    if (known) return known;
    const unseen = (): Movement => ({ value: -1, sinceMs: nowMs });
    const watch: CameraWatch = {
      source: unseen(),
      decode: unseen(),
      pictures: unseen(),
      analysis: unseen(),
      offeredBefore: 0,
      batchedBefore: 0,
      graceUntilMs: 0,
    };
    this.#cameras.set(camera.cameraId, watch);
    return watch;
  }

  #forgetOthers(stats: PipelineStats): void {
    const present = new Set(stats.cameras.map((camera) => camera.cameraId));
    for (const cameraId of this.#cameras.keys()) {
      if (!present.has(cameraId)) this.#cameras.delete(cameraId);
    }
  }
}

function observe(watch: CameraWatch, camera: CameraStats, stats: PipelineStats, nowMs: number): void {
  move(watch.source, camera.packets, nowMs);
  move(watch.decode, camera.framesDecoded + camera.decodeErrors, nowMs);
  move(watch.pictures, camera.framesDecoded, nowMs);
  // A camera whose frame is in the model, or whose result somebody keeps, is not passed over.
  const moved = move(watch.analysis, camera.analysed + camera.framesStale, nowMs) || camera.busy;
  if (moved) watch.offeredBefore = camera.framesOffered;
  if (camera.framesOffered === watch.offeredBefore) {
    watch.analysis.sinceMs = nowMs;
    watch.batchedBefore = stats.batchedFrames;
  }
  forgetRestart(watch);
  if (camera.connection.state === 'live') return;
  // The reader's own state machine is at work.
  for (const movement of [watch.source, watch.decode, watch.pictures]) movement.sinceMs = nowMs;
}

/** The stage that was started anew has moved. */
function forgetRestart(watch: CameraWatch): void {
  if (watch.restarted && watch[watch.restarted.stage].sinceMs !== watch.restarted.sinceMs) delete watch.restarted;
}

/** Once it has moved, or another stage is what stands still, counting begins anew. */
function countRestart(watch: CameraWatch, { stage, sinceMs, cameraAtFault }: Judgement): void {
  const before = watch.restarted?.stage === stage && watch.restarted.sinceMs === sinceMs ? watch.restarted.times : 0;
  if (cameraAtFault) delete watch.restarted;
  else watch.restarted = { stage, sinceMs, times: before + 1 };
}

function judgeSource({ source }: CameraWatch): Judgement {
  return { stage: 'source', sinceMs: source.sinceMs, timeoutMs: stageTimeoutMs };
}

/** Without a known GOP it may wait for a keyframe that is still to come. */
function judgeDecode({ decode }: CameraWatch, camera: CameraStats): Judgement | undefined {
  if (camera.gopMs === undefined) return undefined;
  return { stage: 'decode', sinceMs: decode.sinceMs, timeoutMs: rareness(camera, stageTimeoutMs) };
}

/**
 * No keyframe comes, or all that comes is broken: a new connection begins with new parameters and, with most cameras,
 * a keyframe. One that has given pictures, and whose GOP is longer than was seen yet, is left alone.
 */
function judgePictures({ pictures }: CameraWatch, camera: CameraStats): Judgement | undefined {
  const expected = camera.gopMs !== undefined || camera.gradualRefresh === true || camera.framesDecoded === 0;
  if (!expected) return undefined;
  const timeoutMs = rareness(camera, pictureTimeoutMs);
  return { stage: 'source', sinceMs: pictures.sinceMs, timeoutMs, cameraAtFault: true };
}

/**
 * Its frame waits, and either nothing knows of that or others have had their turns. Where no worker runs at all, or all
 * are slow, the camera is not what has stopped.
 */
function judgeAnalysis(watch: CameraWatch, camera: CameraStats, stats: PipelineStats): Judgement | undefined {
  const turns = (stats.batchedFrames - watch.batchedBefore) / stats.cameras.length;
  const lost = stats.framesWaiting === 0 && stats.oldestRunMs === undefined;
  if (turns < turnsBeforePassedOver && !lost) return undefined;
  return { stage: 'analysis', sinceMs: watch.analysis.sinceMs, timeoutMs: rareness(camera, stageTimeoutMs) };
}

/** What comes as rarely as a camera's keyframes or analyses has more time than `atLeastMs`. */
function rareness(camera: CameraStats, atLeastMs: number): number {
  return Math.max(atLeastMs, intervalsBeforeStandstill * Math.max(camera.gopMs ?? 0, camera.intervalMs));
}

/** Whether it moved. */
function move(movement: Movement, value: number, nowMs: number): boolean {
  if (movement.value === value) return false;
  movement.value = value;
  movement.sinceMs = nowMs;
  return true;
}
