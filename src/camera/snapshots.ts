/** Newest pictures of cameras that run, for whoever wants one and not a stream of them. */
import { RoadwatchError } from '../errors.ts';
import type { DetectionEvent } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import type { CameraRegistry, CameraWatcher } from './camera-registry.ts';

/** Longest wait for the next analysis. */
const patienceMs = 15_000;

export class Snapshots {
  readonly #registry: CameraRegistry;
  readonly #clock: Clock;
  /** Those who ask for the same camera get the same picture. */
  readonly #pending = new Map<string, Promise<Buffer>>();

  constructor(registry: CameraRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /**
   * The camera's next analysed picture as JPEG, without boxes. Rejects with RoadwatchError `unknown-camera` (it does not
   * run) or `no-picture` (none came in 15 s).
   */
  take(cameraId: string): Promise<Buffer> {
    const pending = this.#pending.get(cameraId);
    if (pending) return pending;
    const taken = this.#wait(cameraId).finally(() => this.#pending.delete(cameraId));
    this.#pending.set(cameraId, taken);
    return taken;
  }

  #wait(cameraId: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const noPicture = (why: string) => reject(new RoadwatchError('no-picture', `camera ${cameraId}: ${why}`));
      const watcher: CameraWatcher = {
        pictures: { raw: true, drawn: false, crops: false },
        onDetection: ({ rawJpeg }: DetectionEvent) => {
          if (rawJpeg === undefined) return;
          end();
          resolve(rawJpeg);
        },
        onStopped: (_id, reason) => {
          cancel();
          noPicture(reason);
        },
        onRefused: (_id, error) => {
          cancel();
          reject(error);
        },
      };
      const cancel = this.#clock.after(patienceMs, () => {
        end();
        noPicture(`no picture came within ${patienceMs / 1000} s`);
      });
      const end = () => {
        cancel();
        this.#registry.leave(watcher);
      };
      try {
        this.#registry.watch(cameraId, watcher);
      } catch (error) {
        cancel();
        reject(error);
      }
    });
  }
}
