/** Looks whether a camera can be reached, for `check_camera`; only so many at a time. */
import type { Config } from '../config/schema.ts';
import { errorMessage } from '../errors.ts';
import { type NativeAddon, native } from '../native.ts';

export interface CameraProbeResult {
  /** 1 reachable, 0 not. */
  readonly status: 0 | 1;
  readonly message: string;
  readonly latencyMs?: number;
}

/** Each holds a thread and a connection. */
const maxAtATime = 4;
/** Those that wait; more are turned away. */
const maxWaiting = 64;

export class CameraProbe {
  readonly #config: Pick<Config, 'source' | 'allowFiles'>;
  readonly #probe: NativeAddon['probe'];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(config: Pick<Config, 'source' | 'allowFiles'>, probe: NativeAddon['probe'] = native.probe) {
    this.#config = config;
    this.#probe = probe;
  }

  /** Never rejects: what does not work is the answer. */
  async check(url: string): Promise<CameraProbeResult> {
    if (this.#running >= maxAtATime && this.#waiting.length >= maxWaiting) {
      return { status: 0, message: `busy: ${maxWaiting} cameras wait to be checked` };
    }
    await this.#enter();
    try {
      return await this.#look(url);
    } catch (error) {
      return { status: 0, message: errorMessage(error) };
    } finally {
      this.#exit();
    }
  }

  async #look(url: string): Promise<CameraProbeResult> {
    const { source, allowFiles } = this.#config;
    const found = await this.#probe({
      url,
      allowFiles,
      transport: source.transport,
      connectTimeoutMs: source.connectTimeoutMs,
      readTimeoutMs: source.readTimeoutMs,
    });
    const latencyMs = Math.round(found.firstPacketMs);
    const stream = `${found.codec} ${found.imageWidth}x${found.imageHeight}`;
    return found.keyframe
      ? { status: 1, message: `reachable: ${stream}`, latencyMs }
      : { status: 1, message: `reachable, but no keyframe came in time: ${stream}`, latencyMs };
  }

  async #enter(): Promise<void> {
    if (this.#running >= maxAtATime) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }

  #exit(): void {
    this.#running -= 1;
    this.#waiting.shift()?.();
  }
}
