/**
 * The cameras that always run: those of the configuration file, which only the file changes, and those that were added on
 * the screen or with `roadwatch cameras`, which are kept in a file of their own. Where both have an id, the configuration
 * file counts: the other one stays kept, told as shadowed, until one of the two goes.
 */
import type { CameraConfig, Config } from '../config/schema.ts';
import { RoadwatchError } from '../errors.ts';
import { checkSecretsGiven, withKnownSecrets } from './address-secrets.ts';
import { BadCameraError, checkCamera, problem } from './check-camera.ts';
import type { CameraStore } from './store/camera-store.ts';
import type { StoreContent } from './store/store-content.ts';

export interface KeptCamera {
  readonly camera: CameraConfig;
  /** `file`: it stands in the configuration file; `store`: it was added. */
  readonly origin: 'file' | 'store';
  /** The configuration file has one of the same id: this one does not run. */
  readonly shadowed?: true;
}

export interface KeptCamerasOptions {
  readonly store: CameraStore;
  readonly config: Pick<Config, 'cameras' | 'maxCameras' | 'allowFiles'>;
}

export class KeptCameras {
  readonly #store: CameraStore;
  readonly #config: KeptCamerasOptions['config'];
  readonly #listeners = new Set<() => void>();

  private constructor({ store, config }: KeptCamerasOptions) {
    this.#store = store;
    this.#config = config;
  }

  /** Reads what is kept; whatever is wrong with it, the store tells. */
  static async open(options: KeptCamerasOptions): Promise<KeptCameras> {
    await options.store.open();
    return new KeptCameras(options);
  }

  /** In the order that was set; those that were never ordered come last, first those of the configuration file. */
  get all(): readonly KeptCamera[] {
    return this.#arrange(this.#store.content);
  }

  /** Those that are to run, in order. */
  get wanted(): readonly CameraConfig[] {
    return this.all.filter(({ camera, shadowed }) => camera.enabled && !shadowed).map(({ camera }) => camera);
  }

  /** The one that counts of this id. */
  find(cameraId: string): KeptCamera | undefined {
    return this.all.find(({ camera, shadowed }) => camera.id === cameraId && !shadowed);
  }

  /** Hears of every change, whoever made it, once it is on disk. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** From now on, changes that other processes make are taken over within seconds. */
  watch(): void {
    this.#store.watch(() => this.#changed());
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return this.#store.close();
  }

  /** Keeps a camera. Throws `BadCameraError`, RoadwatchError `camera-exists`, `too-many-cameras`, or as the store does. */
  async add(input: unknown): Promise<KeptCamera> {
    const camera = checkCamera(input, this.#config.allowFiles);
    checkSecretsGiven(camera.url);
    await this.#update((content) => {
      if (this.#isTaken(camera.id, content)) {
        throw new RoadwatchError('camera-exists', `there is a camera ${camera.id} already`);
      }
      return { ...content, cameras: [...content.cameras, camera] };
    });
    return { camera, origin: 'store' };
  }

  /**
   * Keeps many, or none. Of ids that are kept already, `replace` says whether the new ones take their place, with the
   * password that is known where they come without; ids of the configuration file may be among them.
   */
  async addAll(cameras: readonly CameraConfig[], replace: boolean): Promise<void> {
    await this.#update((content) => {
      const known = new Map(content.cameras.map((camera) => [camera.id, camera]));
      const taken = cameras.filter(({ id }) => known.has(id)).map(({ id }) => id);
      if (taken.length > 0 && !replace) {
        throw new RoadwatchError('camera-exists', `there are cameras ${taken.join(', ')} already`);
      }
      for (const camera of cameras) known.set(camera.id, withSecretsOf(known.get(camera.id), camera));
      return { ...content, cameras: [...known.values()] };
    });
  }

  /**
   * Changes settings of a camera: those that `change` names, `null` for one that is to have no value. An address that comes
   * as it was shown keeps its password. Throws as add() does, and RoadwatchError `unknown-camera`, `from-file`.
   */
  async edit(cameraId: string, change: unknown): Promise<KeptCamera> {
    const changes = settingsOf(change);
    if ('id' in changes && changes.id !== cameraId) {
      throw new BadCameraError([problem(['id'], `${cameraId}: an id stays`, changes.id)]);
    }
    const content = await this.#update((before) => {
      const known = this.#findStored(cameraId, before);
      const edited = checkCamera(mergeSettings(known, changes), this.#config.allowFiles);
      return { ...before, cameras: before.cameras.map((camera) => (camera.id === cameraId ? edited : camera)) };
    });
    return { camera: this.#findStored(cameraId, content), origin: 'store' };
  }

  /** Throws RoadwatchError `unknown-camera`, `from-file`, or as the store does. */
  async remove(cameraId: string): Promise<void> {
    await this.#update((content) => {
      if (!content.cameras.some(({ id }) => id === cameraId)) this.#findStored(cameraId, content);
      const others = ({ id }: CameraConfig) => id !== cameraId;
      const isLeft = this.#config.cameras.some(({ id }) => id === cameraId);
      const order = isLeft ? content.order : content.order.filter((id) => id !== cameraId);
      return { cameras: content.cameras.filter(others), order };
    });
  }

  /** Sets the order of all; those that are not named come last. Throws RoadwatchError `bad-order`. */
  async reorder(cameraIds: readonly string[]): Promise<void> {
    await this.#update((content) => {
      const known = new Set(this.#arrange(content).map(({ camera }) => camera.id));
      const unknown = cameraIds.find((id) => !known.has(id));
      if (unknown !== undefined) throw new RoadwatchError('bad-order', `there is no camera ${JSON.stringify(unknown)}`);
      if (new Set(cameraIds).size !== cameraIds.length) {
        throw new RoadwatchError('bad-order', 'expected each camera once');
      }
      return { ...content, order: [...cameraIds] };
    });
  }

  /** The camera to be edited, as it is kept. */
  #findStored(cameraId: string, { cameras }: StoreContent): CameraConfig {
    if (this.#config.cameras.some(({ id }) => id === cameraId)) {
      throw new RoadwatchError('from-file', `camera ${cameraId} stands in the configuration file: change it there`);
    }
    const found = cameras.find(({ id }) => id === cameraId);
    if (!found) throw new RoadwatchError('unknown-camera', `there is no camera ${cameraId}`);
    return found;
  }

  #isTaken(cameraId: string, { cameras }: StoreContent): boolean {
    return [...this.#config.cameras, ...cameras].some(({ id }) => id === cameraId);
  }

  #arrange({ cameras, order }: StoreContent): KeptCamera[] {
    const inFile = new Set(this.#config.cameras.map(({ id }) => id));
    const place = new Map(order.map((id, index) => [id, index]));
    const placeOf = ({ camera }: KeptCamera) => place.get(camera.id) ?? order.length;
    const all: KeptCamera[] = [
      ...this.#config.cameras.map((camera): KeptCamera => ({ camera, origin: 'file' })),
      ...cameras.map((camera): KeptCamera => {
        return { camera, origin: 'store', ...(inFile.has(camera.id) ? { shadowed: true } : {}) };
      }),
    ];
    // A stable sort: what has no place keeps its own.
    return all.sort((a, b) => placeOf(a) - placeOf(b));
  }

  async #update(change: (content: StoreContent) => StoreContent): Promise<StoreContent> {
    const content = await this.#store.update((before) => {
      const after = change(before);
      this.#checkCount(before, after);
      return after;
    });
    this.#changed();
    return content;
  }

  #checkCount(before: StoreContent, after: StoreContent): void {
    const { maxCameras } = this.#config;
    const count = this.#arrange(after).filter(({ shadowed }) => !shadowed).length;
    if (after.cameras.length > before.cameras.length && count > maxCameras) {
      throw new RoadwatchError('too-many-cameras', `expected at most ${maxCameras} cameras (maxCameras)`);
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** A camera that was exported without its password has it still where it is kept. */
function withSecretsOf(known: CameraConfig | undefined, camera: CameraConfig): CameraConfig {
  if (known !== undefined) return { ...camera, url: withKnownSecrets(camera.url, known.url) };
  checkSecretsGiven(camera.url);
  return camera;
}

function settingsOf(change: unknown): Record<string, unknown> {
  if (typeof change === 'object' && change !== null && !Array.isArray(change)) return { ...change };
  throw new BadCameraError([problem([], 'settings by name', change)]);
}

/** As JSON Merge Patch (RFC 7396) has it, for settings of one level. */
function mergeSettings(known: CameraConfig, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { url } = changes;
  const address = typeof url === 'string' ? { url: withKnownSecrets(url.trim(), known.url) } : {};
  const merged = { ...known, ...changes, ...address };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
