/** An engine without the cameras whose decoding brings the process down: these are told as failed, with the reason. */
import { createHash } from 'node:crypto';
import type { Engine, EngineListener } from '../detect/engine.ts';
import { RoadwatchError } from '../errors.ts';
import type { CameraStats, ConnectionState, NativeCameraOptions } from '../native.ts';
import type { CrashBook, SetAside } from './crash-book.ts';

type CameraCall<Name extends keyof Engine> = Engine[Name] extends (...args: infer Args) => unknown ? Args : never;

export class CrashGuard implements Engine {
  readonly #engine: Engine;
  readonly #book: CrashBook;
  readonly #onState: EngineListener['onState'];
  readonly #aside = new Map<string, CameraStats>();

  constructor(engine: Engine, book: CrashBook, onState: EngineListener['onState']) {
    this.#engine = engine;
    this.#book = book;
    this.#onState = onState;
  }

  addCamera(options: NativeCameraOptions): void {
    const { cameraId } = options;
    const verdict = this.#book.verdict(cameraId, settingsOf(options));
    if (verdict === undefined) {
      this.#engine.addCamera(options);
      return;
    }
    if (this.#aside.has(cameraId)) throw new RoadwatchError('camera-exists', `camera "${cameraId}" runs already`);
    const connection = stateOf(verdict);
    this.#aside.set(cameraId, statsOf(options, connection));
    // As the engine does: never within the call.
    queueMicrotask(() => {
      if (this.#aside.has(cameraId)) this.#onState(cameraId, connection);
    });
  }

  async removeCamera(cameraId: string): Promise<void> {
    if (!this.#aside.delete(cameraId)) await this.#engine.removeCamera(cameraId);
  }

  setDemand(...call: CameraCall<'setDemand'>): void {
    if (!this.#aside.has(call[0])) this.#engine.setDemand(...call);
  }

  tuneCamera(...call: CameraCall<'tuneCamera'>): void {
    if (!this.#aside.has(call[0])) this.#engine.tuneCamera(...call);
  }

  restartStage(...call: CameraCall<'restartStage'>): void {
    if (!this.#aside.has(call[0])) this.#engine.restartStage(...call);
  }

  stats(): ReturnType<Engine['stats']> {
    const stats = this.#engine.stats();
    return this.#aside.size === 0 ? stats : { ...stats, cameras: [...stats.cameras, ...this.#aside.values()] };
  }

  details(): ReturnType<Engine['details']> {
    return this.#engine.details();
  }

  standstills(): ReturnType<Engine['standstills']> {
    return this.#engine.standstills();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** What decides how a camera is decoded. A digest, since its address may hold a password. */
function settingsOf({ url, transport, decodePolicy, hardwareDecode }: NativeCameraOptions): string {
  const settings = JSON.stringify([url, transport, decodePolicy, hardwareDecode]);
  return createHash('sha256').update(settings).digest('base64url').slice(0, 16);
}

function stateOf({ sinceMs, crashes }: SetAside): ConnectionState {
  const last = new Date(sinceMs).toISOString();
  return {
    state: 'failed',
    sinceMs,
    fault: {
      code: 'set-aside-after-crashes',
      message: `the program ended ${crashes} times while it decoded this camera, at last ${last}: it is left out until it is changed, or another version runs`,
    },
  };
}

function statsOf({ cameraId, intervalMs }: NativeCameraOptions, connection: ConnectionState): CameraStats {
  return {
    cameraId,
    connection,
    quality: 'unusable',
    stallsLastHour: 0,
    reconnectsLastHour: 0,
    packets: 0,
    bytes: 0,
    framesPerSecond: 0,
    bytesPerSecond: 0,
    decodeMode: 'keyframes',
    configuredIntervalMs: intervalMs,
    intervalMs,
    decoder: 'software',
    decodeMs: 0,
    framesDecoded: 0,
    decodeErrors: 0,
    framesOffered: 0,
    framesReplaced: 0,
    framesStale: 0,
    analysed: 0,
    reused: 0,
    busy: false,
  };
}
