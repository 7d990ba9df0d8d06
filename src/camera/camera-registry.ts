/**
 * Who wants which camera. A camera runs while it is kept or at least one viewer wants it; viewers of one camera share its
 * pipeline, and pictures are made only while somebody looks at them.
 */
import type { CameraConfig, Config } from '../config/schema.ts';
import type { Engine } from '../detect/engine.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type {
  CameraStats,
  ConnectionState,
  DetectionEvent,
  Fault,
  NativeCameraOptions,
  PictureDemand,
} from '../native.ts';
import { changeOf, nativeOptions } from './native-options.ts';

/** Somebody who looks at cameras; called on the event loop. */
export interface CameraWatcher {
  /** Which pictures it wants of every camera that it looks at. */
  readonly pictures: PictureDemand;
  onDetection(event: DetectionEvent): void;
  /** The camera does not run any more, and this watcher has not asked for it. */
  onStopped(cameraId: string, reason: string): void;
  /** The camera that it had asked for could not be started after all. */
  onRefused(cameraId: string, error: unknown): void;
}

/** Told of every camera's state, whoever looks at it. */
export type StateListener = (cameraId: string, connection: ConnectionState | undefined) => void;

/** What is told of a camera that runs. */
export interface CameraSummary {
  readonly cameraId: string;
  readonly name?: string;
  /** It runs whoever looks on: it is kept. */
  readonly configured: boolean;
  /** Of those that are kept: its place, from 0. */
  readonly position?: number;
  readonly viewers: number;
  readonly stats?: CameraStats;
}

export interface CameraRegistryOptions {
  readonly engine: Engine;
  readonly config: Config;
  /** Whether somebody on the bus reads the pictures of groups. */
  readonly cropsWanted: () => boolean;
}

interface RunningCamera {
  options: NativeCameraOptions;
  /** As it was given; it may be connected by another. */
  readonly url: string;
  name?: string;
  configured: boolean;
  readonly watchers: Set<CameraWatcher>;
  connection?: ConnectionState;
  demand?: string;
}

export class CameraRegistry {
  readonly #engine: Engine;
  readonly #config: Config;
  readonly #cropsWanted: () => boolean;
  readonly #cameras = new Map<string, RunningCamera>();
  /** Cameras that are being taken down; one of the same id starts when that is done. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #stateListeners = new Set<StateListener>();
  /** The cameras that are kept, in their order. */
  #kept: readonly CameraConfig[] = [];
  /** Kept cameras that the engine has refused, with the reason. */
  readonly #refused = new Map<string, Fault>();
  #closed = false;

  constructor({ engine, config, cropsWanted }: CameraRegistryOptions) {
    this.#engine = engine;
    this.#config = config;
    this.#cropsWanted = cropsWanted;
  }

  /**
   * From now on these cameras run whoever looks on, in this order. What is new starts, what is gone stops; one that has
   * changed is connected anew only where its stream is read otherwise than before. All others are left alone. What the
   * engine refuses is told by `refusalOf()` and does not keep the others from running.
   */
  keep(cameras: readonly CameraConfig[]): void {
    const ids = new Set(cameras.map(({ id }) => id));
    const gone = this.#kept.filter(({ id }) => !ids.has(id));
    this.#kept = cameras;
    this.#refused.clear();
    for (const { id } of gone) this.#take(id, 'it was removed or switched off');
    for (const camera of cameras) this.#keepOne(camera);
  }

  /** Why a kept camera does not run. */
  refusalOf(cameraId: string): Fault | undefined {
    return this.#refused.get(cameraId);
  }

  /**
   * Makes the watcher look at a camera, and starts it where it does not run. Throws RoadwatchError `camera-conflict`
   * (it runs with another address), `too-many-cameras`, `bad-url`, `scheme-refused`. `connectedBy`: the same address, as the
   * engine is to use it.
   */
  start(cameraId: string, url: string, watcher: CameraWatcher, connectedBy: string = url): void {
    const running = this.#cameras.get(cameraId);
    if (running && running.url !== url) {
      throw new RoadwatchError('camera-conflict', `camera ${cameraId} runs already, with another address`);
    }
    if (!running) {
      this.#run({
        options: nativeOptions({ id: cameraId, url: connectedBy }, this.#config),
        url,
        configured: false,
        watchers: new Set(),
      });
    }
    this.watch(cameraId, watcher);
  }

  /** Looks at a camera that runs. Throws RoadwatchError `unknown-camera`. */
  watch(cameraId: string, watcher: CameraWatcher): void {
    const camera = this.#find(cameraId);
    camera.watchers.add(watcher);
    this.#updateDemand(camera);
  }

  /** Stops looking; the camera stops when nobody else wants it. Throws RoadwatchError `unknown-camera`. */
  unwatch(cameraId: string, watcher: CameraWatcher): void {
    const camera = this.#find(cameraId);
    if (!camera.watchers.delete(watcher)) {
      throw new RoadwatchError('unknown-camera', `this connection does not look at camera ${cameraId}`);
    }
    this.#settle(camera);
  }

  /** The watcher is gone. */
  leave(watcher: CameraWatcher): void {
    for (const camera of [...this.#cameras.values()]) {
      if (camera.watchers.delete(watcher)) this.#settle(camera);
    }
  }

  /** Hears of every change of state; `undefined` when a camera does not run any more. */
  onState(listener: StateListener): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  list(): CameraSummary[] {
    const stats = new Map(this.#engine.stats().cameras.map((camera) => [camera.cameraId, camera]));
    const positions = new Map(this.#kept.map(({ id }, index) => [id, index]));
    return [...this.#cameras.entries()].map(([cameraId, camera]) => {
      const known = stats.get(cameraId);
      const position = camera.configured ? positions.get(cameraId) : undefined;
      return {
        cameraId,
        ...(camera.name === undefined ? {} : { name: camera.name }),
        configured: camera.configured,
        ...(position === undefined ? {} : { position }),
        viewers: camera.watchers.size,
        ...(known === undefined ? {} : { stats: known }),
      };
    });
  }

  isRunning(cameraId: string): boolean {
    return this.#cameras.has(cameraId);
  }

  /** The last known state of a camera. */
  connectionOf(cameraId: string): ConnectionState | undefined {
    return this.#cameras.get(cameraId)?.connection;
  }

  /** From the engine: hands a detection to those who look at its camera. */
  handleDetection(event: DetectionEvent): void {
    const camera = this.#started(event.cameraId);
    if (!camera) return;
    for (const watcher of camera.watchers) watcher.onDetection(event);
    // Readers on the bus come and go without telling.
    this.#updateDemand(camera);
  }

  /** From the engine: a camera's connection changed. */
  handleState(cameraId: string, connection: ConnectionState): void {
    const camera = this.#started(cameraId);
    if (!camera) return;
    camera.connection = connection;
    this.#tellState(cameraId, connection);
  }

  /** Tells every watcher and starts nothing more; the engine's close() ends the cameras. */
  close(reason: string): void {
    this.#closed = true;
    for (const [cameraId, camera] of this.#cameras) {
      for (const watcher of camera.watchers) watcher.onStopped(cameraId, reason);
    }
    this.#cameras.clear();
  }

  #keepOne(camera: CameraConfig): void {
    const options = nativeOptions(camera, this.#config);
    const running = this.#cameras.get(camera.id);
    this.#refused.delete(camera.id);
    try {
      if (running === undefined) this.#run(keptCamera(camera, options, new Set()));
      else this.#change(running, camera, options);
    } catch (error) {
      this.#refused.set(camera.id, { code: errorCode(error), message: errorMessage(error) });
    }
  }

  /** The camera runs, perhaps because a viewer wants it. */
  #change(running: RunningCamera, camera: CameraConfig, options: NativeCameraOptions): void {
    const change = changeOf(running.options, options);
    if (change !== 'stream') {
      if (change === 'tuning' && !this.#leaving.has(camera.id)) this.#engine.tuneCamera(camera.id, options);
      running.options = options;
      running.configured = true;
      if (camera.name === undefined) delete running.name;
      else running.name = camera.name;
      return;
    }
    // Those who look at a kept camera look at what it is now; those who started it themselves wanted another one.
    const watchers = running.configured ? running.watchers : new Set<CameraWatcher>();
    if (running.configured) this.#drop(camera.id);
    else this.#take(camera.id, 'a camera that is kept has this id now');
    this.#run(keptCamera(camera, options, watchers));
  }

  /** Stops a camera, whoever looks at it. */
  #take(cameraId: string, reason: string): void {
    const camera = this.#cameras.get(cameraId);
    if (camera === undefined) return;
    for (const watcher of camera.watchers) watcher.onStopped(cameraId, reason);
    this.#drop(cameraId);
    this.#tellState(cameraId, undefined);
  }

  #run(camera: RunningCamera): void {
    const { cameraId } = camera.options;
    if (this.#closed) throw new RoadwatchError('closed', 'the service is stopping');
    if (this.#cameras.size >= this.#config.maxCameras) {
      throw new RoadwatchError('too-many-cameras', `${this.#config.maxCameras} cameras run already (maxCameras)`);
    }
    const leaving = this.#leaving.get(cameraId);
    if (leaving === undefined) {
      this.#engine.addCamera(camera.options);
      this.#cameras.set(cameraId, camera);
      return;
    }
    this.#cameras.set(cameraId, camera);
    void leaving.then(() => this.#runLate(cameraId, camera));
  }

  /** The camera of the same id before it is gone; by now this one may be unwanted, too. */
  #runLate(cameraId: string, camera: RunningCamera): void {
    if (this.#closed || this.#cameras.get(cameraId) !== camera) return;
    try {
      this.#engine.addCamera(camera.options);
      delete camera.demand;
      this.#updateDemand(camera);
    } catch (error) {
      this.#cameras.delete(cameraId);
      if (camera.configured) this.#refused.set(cameraId, { code: errorCode(error), message: errorMessage(error) });
      for (const watcher of camera.watchers) watcher.onRefused(cameraId, error);
    }
  }

  /** The camera that the engine's events of this id belong to; while its predecessor leaves, they are not its own. */
  #started(cameraId: string): RunningCamera | undefined {
    return this.#leaving.has(cameraId) ? undefined : this.#cameras.get(cameraId);
  }

  #find(cameraId: string): RunningCamera {
    const camera = this.#cameras.get(cameraId);
    if (!camera) throw new RoadwatchError('unknown-camera', `no camera ${cameraId} is running`);
    return camera;
  }

  #settle(camera: RunningCamera): void {
    if (camera.configured || camera.watchers.size > 0) {
      this.#updateDemand(camera);
      return;
    }
    const { cameraId } = camera.options;
    this.#drop(cameraId);
    this.#tellState(cameraId, undefined);
    // There is room now for one that is kept.
    for (const kept of this.#kept) if (this.#refused.has(kept.id)) this.#keepOne(kept);
  }

  #drop(cameraId: string): void {
    this.#cameras.delete(cameraId);
    // One that still waits for its predecessor to go has not begun.
    if (this.#leaving.has(cameraId)) return;
    const left = this.#engine.removeCamera(cameraId).finally(() => this.#leaving.delete(cameraId));
    this.#leaving.set(cameraId, left);
  }

  #updateDemand(camera: RunningCamera): void {
    const { cameraId } = camera.options;
    if (this.#leaving.has(cameraId)) return;
    const watchers = [...camera.watchers];
    const drawn = watchers.some((watcher) => watcher.pictures.drawn);
    const { serverDrawEnabled } = this.#config;
    const demand: PictureDemand = {
      raw: watchers.some((watcher) => watcher.pictures.raw) || (drawn && !serverDrawEnabled),
      drawn: drawn && serverDrawEnabled,
      crops: this.#cropsWanted() || watchers.some((watcher) => watcher.pictures.crops),
    };
    const key = JSON.stringify(demand);
    if (camera.demand === key) return;
    camera.demand = key;
    this.#engine.setDemand(cameraId, demand);
  }

  #tellState(cameraId: string, connection: ConnectionState | undefined): void {
    for (const listener of this.#stateListeners) listener(cameraId, connection);
  }
}

function keptCamera(
  { url, name }: CameraConfig,
  options: NativeCameraOptions,
  watchers: Set<CameraWatcher>,
): RunningCamera {
  return { options, url, ...(name === undefined ? {} : { name }), configured: true, watchers };
}
