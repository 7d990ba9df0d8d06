import type { Clock } from '../../time/clock.ts';
import { type SamenessLimits, type SceneSignature, sameMembers } from './scene-signature.ts';

/** A scene that was asked about before: its answer, or that it is still awaited. */
export type KnownScene<Answer> =
  | { readonly state: 'fresh'; readonly answer: Answer; readonly counterparts: readonly number[] }
  | {
      readonly state: 'pending';
      /** Nothing where the model did not answer. */
      readonly answer: Promise<Answer | undefined>;
      readonly counterparts: readonly number[];
    };

export interface SceneCacheOptions<Answer> {
  readonly clock: Clock;
  readonly limits: SamenessLimits;
  /** How long an answer may stand, in ms; 0: not at all. */
  readonly maxAgeMs: (answer: Answer) => number;
}

interface Entry<Answer> {
  readonly scene: SceneSignature;
  readonly pending: Promise<Answer | undefined>;
  settled?: { readonly answer: Answer; readonly untilMs: number };
}

/** Scenes of one camera, and cameras, that are remembered; the oldest is forgotten first. */
const maxScenesPerCamera = 16;
const maxCameras = 1024;

/**
 * Answers by scene, each for as long as it may stand. Who asks about a scene says so, and others who ask about the same
 * one meanwhile wait for that answer.
 */
export class SceneCache<Answer> {
  readonly #options: SceneCacheOptions<Answer>;
  readonly #cameras = new Map<string, Entry<Answer>[]>();

  constructor(options: SceneCacheOptions<Answer>) {
    this.#options = options;
  }

  find(scene: SceneSignature): KnownScene<Answer> | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    for (const entry of this.#cameras.get(scene.cameraId) ?? []) {
      if (entry.settled !== undefined && entry.settled.untilMs <= nowMs) continue;
      const counterparts = sameMembers(entry.scene, scene, this.#options.limits);
      if (counterparts === undefined) continue;
      return entry.settled === undefined
        ? { state: 'pending', answer: entry.pending, counterparts }
        : { state: 'fresh', answer: entry.settled.answer, counterparts };
    }
    return undefined;
  }

  /** Somebody asks about the scene; the function returned is called once, with the answer or without one. */
  begin(scene: SceneSignature): (answer: Answer | undefined) => void {
    let resolve: (answer: Answer | undefined) => void = () => {};
    const pending = new Promise<Answer | undefined>((settle) => {
      resolve = settle;
    });
    const entry: Entry<Answer> = { scene, pending };
    this.#add(entry);
    return (answer) => {
      resolve(answer);
      const maxAgeMs = answer === undefined ? 0 : this.#options.maxAgeMs(answer);
      if (answer === undefined || maxAgeMs <= 0) this.#remove(entry);
      else entry.settled = { answer, untilMs: this.#options.clock.monotonicMs() + maxAgeMs };
    };
  }

  #add(entry: Entry<Answer>): void {
    const { cameraId } = entry.scene;
    const entries = [entry, ...(this.#cameras.get(cameraId) ?? [])].slice(0, maxScenesPerCamera);
    this.#cameras.delete(cameraId);
    this.#cameras.set(cameraId, entries);
    if (this.#cameras.size <= maxCameras) return;
    const oldest = this.#cameras.keys().next();
    if (!oldest.done) this.#cameras.delete(oldest.value);
  }

  #remove(entry: Entry<Answer>): void {
    const { cameraId } = entry.scene;
    const left = (this.#cameras.get(cameraId) ?? []).filter((other) => other !== entry);
    if (left.length > 0) this.#cameras.set(cameraId, left);
    else this.#cameras.delete(cameraId);
  }
}
