import { iou } from '../../detect/box.ts';
import type { RiskLevel } from '../../detect/detection-message.ts';
import { compareLevels } from '../../detect/risk-level.ts';
import type { BBox } from '../../native.ts';

/** A group, as far as it takes to say whether it is another one. */
export interface SceneGroup {
  readonly classes: readonly string[];
  readonly bbox: BBox;
  /** What rules make of it. */
  readonly riskLevel: RiskLevel;
}

interface AssessedScene {
  readonly atMs: number;
  readonly groups: readonly SceneGroup[];
}

/** Groups of the same classes whose boxes overlap so much are in the same place: traffic that flows on is no new scene. */
const samePlaceIou = 0.2;
const maxCameras = 1024;

/**
 * Says whether a camera's scene is to be assessed now: at most every `cooldownMs`, unless there is something new (other
 * classes, another place) or something that has become more dangerous.
 */
export class SceneCooldown {
  readonly #cooldownMs: number;
  readonly #assessed = new Map<string, AssessedScene>();

  constructor(cooldownMs: number) {
    this.#cooldownMs = cooldownMs;
  }

  /** Whether to assess; where so, the scene counts as assessed at `atMs` (monotonic). */
  pass(cameraId: string, atMs: number, groups: readonly SceneGroup[]): boolean {
    const last = this.#assessed.get(cameraId);
    if (last !== undefined && atMs - last.atMs < this.#cooldownMs && isSameScene(last.groups, groups)) return false;
    this.#assessed.delete(cameraId);
    this.#assessed.set(cameraId, { atMs, groups });
    if (this.#assessed.size > maxCameras) {
      const oldest = this.#assessed.keys().next();
      if (!oldest.done) this.#assessed.delete(oldest.value);
    }
    return true;
  }
}

function isSameScene(before: readonly SceneGroup[], now: readonly SceneGroup[]): boolean {
  return now.every((group) => before.some((other) => isCounterpart(other, group)));
}

function isCounterpart(before: SceneGroup, now: SceneGroup): boolean {
  return (
    compareLevels(now.riskLevel, before.riskLevel) <= 0 &&
    kindsOf(before) === kindsOf(now) &&
    iou(before.bbox, now.bbox) >= samePlaceIou
  );
}

function kindsOf({ classes }: SceneGroup): string {
  return [...new Set(classes)].toSorted().join();
}
