/**
 * Notices a stage that has stopped moving although what it lives on still comes, and says which one to start anew.
 * Looks only at the pipeline's counters, so that a test gives them and moves the time.
 */
import type { CameraStats, PipelineStats } from '../native.ts';

/** A stage that does nothing for this long has stopped. */
export const stageTimeoutMs = 10_000;
/** Analyses and keyframes that come rarely are no standstill: this many of their intervals may pass. */
const intervalsBeforeStandstill = 3;
/** A stage just started anew gets this long before it is judged again. */
const graceMs = 15_000;

export type WatchdogAction =
  | { readonly stage: 'source' | 'decode'; readonly cameraId: string; readonly stillForMs: number }
  | { readonly stage: 'inference'; readonly stillForMs: number };

interface Movement {
  value: number;
  sinceMs: number;
}

interface CameraWatch {
  readonly source: Movement;
  readonly decode: Movement;
  graceUntilMs: number;
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
      const action = this.#checkCamera(camera, nowMs);
      if (action) actions.push(action);
    }
    this.#forgetOthers(stats);
    return actions;
  }

  #checkCamera(camera: CameraStats, nowMs: number): WatchdogAction | undefined {
    const watch = this.#watchOf(camera, nowMs);
    if (camera.connection.state !== 'live') {
      // Not live: the reader's own state machine is at work.
      watch.source.sinceMs = nowMs;
      watch.decode.sinceMs = nowMs;
      return undefined;
    }
    move(watch.source, camera.packets, nowMs);
    move(watch.decode, camera.framesDecoded + camera.decodeErrors, nowMs);
    if (nowMs < watch.graceUntilMs) return undefined;
    const sourceStillMs = nowMs - watch.source.sinceMs;
    if (sourceStillMs >= stageTimeoutMs) return this.#act(watch, 'source', camera.cameraId, sourceStillMs, nowMs);
    const decodeStillMs = nowMs - watch.decode.sinceMs;
    if (camera.gopMs !== undefined && decodeStillMs >= this.#decodeTimeoutMs(camera)) {
      return this.#act(watch, 'decode', camera.cameraId, decodeStillMs, nowMs);
    }
    return undefined;
  }

  #act(
    watch: CameraWatch,
    stage: 'source' | 'decode',
    cameraId: string,
    stillForMs: number,
    nowMs: number,
  ): WatchdogAction {
    watch.graceUntilMs = nowMs + graceMs;
    return { stage, cameraId, stillForMs };
  }

  #decodeTimeoutMs(camera: CameraStats): number {
    const slowestMs = Math.max(camera.gopMs ?? 0, camera.intervalMs);
    return Math.max(stageTimeoutMs, intervalsBeforeStandstill * slowestMs);
  }

  #watchOf(camera: CameraStats, nowMs: number): CameraWatch {
    const known = this.#cameras.get(camera.cameraId);
    if (known) return known;
    const watch: CameraWatch = {
      source: { value: -1, sinceMs: nowMs },
      decode: { value: -1, sinceMs: nowMs },
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

function move(movement: Movement, value: number, nowMs: number): void {
  if (movement.value === value) return;
  movement.value = value;
  movement.sinceMs = nowMs;
}
