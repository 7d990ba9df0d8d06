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

export type WatchdogAction =
  | { readonly stage: CameraStage; readonly cameraId: string; readonly stillForMs: number }
  | { readonly stage: 'inference'; readonly stillForMs: number };

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
}

interface Judgement {
  readonly stage: CameraStage;
  readonly stillForMs: number;
  readonly timeoutMs: number;
}

export class Watchdog {
  readonly #cameras = new Map<string, CameraWatch>();
  #inferenceGraceUntilMs = 0;

  /** To be called about every second, with a monotonic time. */
  check(stats: PipelineStats, nowMs: number): WatchdogAction[] {
    const actions: WatchdogAction[] = [];
    const stuckMs = stats.oldestRunMs ?? 0;
    if (stuckMs >= stageTimeoutMs && nowMs >= this.#inferenceGraceUntilMs) {
      this.#inferenceGraceUntilMs = nowMs + graceMs;
      actions.push({ stage: 'inference', stillForMs: stuckMs });
    }
    for (const camera of stats.cameras) {
      const action = this.#checkCamera(camera, stats, nowMs);
      if (action) actions.push(action);
    }
    this.#forgetOthers(stats);
    return actions;
  }

  #checkCamera(camera: CameraStats, stats: PipelineStats, nowMs: number): WatchdogAction | undefined {
    const watch = this.#watchOf(camera, nowMs);
    observe(watch, camera, stats, nowMs);
    if (camera.connection.state !== 'live' || nowMs < watch.graceUntilMs) return undefined;
    const judgements = [
      judgeSource(watch, nowMs),
      judgeDecode(watch, camera, nowMs),
      judgePictures(watch, camera, nowMs),
      judgeAnalysis(watch, camera, stats, nowMs),
    ];
    const stopped = judgements.find((judgement) => judgement && judgement.stillForMs >= judgement.timeoutMs);
    if (!stopped) return undefined;
    watch.graceUntilMs = nowMs + Math.max(graceMs, stopped.timeoutMs);
    return { stage: stopped.stage, cameraId: camera.cameraId, stillForMs: stopped.stillForMs };
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
  if (camera.connection.state === 'live') return;
  // The reader's own state machine is at work.
  for (const movement of [watch.source, watch.decode, watch.pictures]) movement.sinceMs = nowMs;
}

function judgeSource(watch: CameraWatch, nowMs: number): Judgement {
  return { stage: 'source', stillForMs: nowMs - watch.source.sinceMs, timeoutMs: stageTimeoutMs };
}

/** Without a known GOP it may wait for a keyframe that is still to come. */
function judgeDecode(watch: CameraWatch, camera: CameraStats, nowMs: number): Judgement | undefined {
  if (camera.gopMs === undefined) return undefined;
  const timeoutMs = rareness(camera, stageTimeoutMs);
  return { stage: 'decode', stillForMs: nowMs - watch.decode.sinceMs, timeoutMs };
}

/**
 * No keyframe comes, or all that comes is broken: a new connection begins with new parameters and, with most cameras,
 * a keyframe. One that has given pictures, and whose GOP is longer than was seen yet, is left alone.
 */
function judgePictures(watch: CameraWatch, camera: CameraStats, nowMs: number): Judgement | undefined {
  const expected = camera.gopMs !== undefined || camera.gradualRefresh === true || camera.framesDecoded === 0;
  if (!expected) return undefined;
  const timeoutMs = rareness(camera, pictureTimeoutMs);
  return { stage: 'source', stillForMs: nowMs - watch.pictures.sinceMs, timeoutMs };
}

/**
 * Its frame waits, and either nothing knows of that or others have had their turns. Where no worker runs at all, or all
 * are slow, the camera is not what has stopped.
 */
function judgeAnalysis(
  watch: CameraWatch,
  camera: CameraStats,
  stats: PipelineStats,
  nowMs: number,
): Judgement | undefined {
  const turns = (stats.batchedFrames - watch.batchedBefore) / stats.cameras.length;
  const lost = stats.framesWaiting === 0 && stats.oldestRunMs === undefined;
  if (turns < turnsBeforePassedOver && !lost) return undefined;
  return { stage: 'analysis', stillForMs: nowMs - watch.analysis.sinceMs, timeoutMs: rareness(camera, stageTimeoutMs) };
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
