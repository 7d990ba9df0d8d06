/**
 * Looks whether a camera can be reached, for `check_camera`; only so many at a time. Those that wait stand in a queue of
 * their viewer's, and viewers take turns: one that checks a whole network keeps no other from checking its camera.
 */
import type { CameraAddresses } from '../camera/camera-addresses.ts';
import type { Config } from '../config/schema.ts';
import { errorMessage, RoadwatchError } from '../errors.ts';
import { type NativeAddon, native, type ProbeOptions, type ProbeResult } from '../native.ts';

export interface CameraProbeResult {
  /** 1 reachable, 0 not. */
  readonly status: 0 | 1;
  readonly message: string;
  readonly latencyMs?: number;
}

/** Each holds a thread and a connection. */
const maxAtATime = 4;
/** Those of one viewer that wait; more are turned away. */
const maxWaiting = 64;

/** Enough to see keyframes that are five seconds apart, twice. */
const testMs = 10_000;
const snapshotQuality = 80;

/** Lets a check that waits begin, or tells it that nobody wants its answer any more. */
type Admit = (wanted: boolean) => void;

export class CameraProbe {
  readonly #config: Pick<Config, 'source' | 'allowFiles'>;
  readonly #addresses: Pick<CameraAddresses, 'pin'>;
  readonly #probe: NativeAddon['probe'];
  /** By viewer, the one whose turn it is first. */
  readonly #waiting = new Map<object, Admit[]>();
  #running = 0;

  constructor(
    config: Pick<Config, 'source' | 'allowFiles'>,
    addresses: Pick<CameraAddresses, 'pin'>,
    probe: NativeAddon['probe'] = native.probe,
  ) {
    this.#config = config;
    this.#addresses = addresses;
    this.#probe = probe;
  }

  /** Never rejects: what does not work is the answer. `viewer` is whoever asks. */
  async check(url: string, viewer: object): Promise<CameraProbeResult> {
    try {
      return await this.#inTurn(viewer, () => this.#look(url));
    } catch (error) {
      return { status: 0, message: errorMessage(error) };
    }
  }

  /**
   * Watches a stream for some seconds and takes a picture. Rejects with a fault's code, or RoadwatchError `busy` where too
   * many wait to be looked at.
   */
  test(url: string, transport: 'tcp' | 'udp', viewer: object): Promise<ProbeResult> {
    return this.#inTurn(viewer, async () => {
      const options = await this.#options(url);
      return this.#probe({ ...options, transport, measureMs: testMs, snapshotQuality });
    });
  }

  /** The viewer is gone: what it still waits for is not looked at. */
  forget(viewer: object): void {
    const waiting = this.#waiting.get(viewer) ?? [];
    this.#waiting.delete(viewer);
    for (const admit of waiting) admit(false);
  }

  async #look(url: string): Promise<CameraProbeResult> {
    const found = await this.#probe(await this.#options(url));
    const latencyMs = Math.round(found.firstPacketMs);
    const stream = `${found.codec} ${found.imageWidth}x${found.imageHeight}`;
    return found.keyframe
      ? { status: 1, message: `reachable: ${stream}`, latencyMs }
      : { status: 1, message: `reachable, but no keyframe came in time: ${stream}`, latencyMs };
  }

  /** The address is looked up once, and the camera is looked at by that. */
  async #options(url: string): Promise<ProbeOptions> {
    const { source, allowFiles } = this.#config;
    return {
      url: await this.#addresses.pin(url),
      allowFiles,
      transport: source.transport,
      connectTimeoutMs: source.connectTimeoutMs,
      readTimeoutMs: source.readTimeoutMs,
    };
  }

  async #inTurn<Result>(viewer: object, look: () => Promise<Result>): Promise<Result> {
    if (this.#running >= maxAtATime) {
      if ((this.#waiting.get(viewer)?.length ?? 0) >= maxWaiting) {
        throw new RoadwatchError('busy', `busy: ${maxWaiting} cameras of this connection wait to be checked`);
      }
      if (!(await this.#turn(viewer))) throw new RoadwatchError('gone', 'not checked: the connection is gone');
    } else {
      this.#running += 1;
    }
    try {
      return await look();
    } finally {
      this.#admitNext();
    }
  }

  /** Whether the check is still wanted when its turn comes. */
  #turn(viewer: object): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(viewer);
      if (waiting) waiting.push(resolve);
      else this.#waiting.set(viewer, [resolve]);
    });
  }

  /** Hands the place that has become free to the next viewer in turn. */
  #admitNext(): void {
    const next = this.#waiting.entries().next();
    if (next.done) {
      this.#running -= 1;
      return;
    }
    const [viewer, waiting] = next.value;
    const admit = waiting.shift();
    // To the back of the line.
    this.#waiting.delete(viewer);
    if (waiting.length > 0) this.#waiting.set(viewer, waiting);
    admit?.(true);
  }
}
