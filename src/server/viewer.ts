/**
 * One WebSocket client: what it asked for, what it may send, and what it gets. A client that does not read its frames
 * skips some and never grows memory; what may not be skipped ends the connection when there is no room for it.
 */
import { type AccessLevel, mayDo } from '../auth/access-level.ts';
import type { CameraAddresses } from '../camera/camera-addresses.ts';
import type { CameraRegistry, CameraWatcher } from '../camera/camera-registry.ts';
import { errorCode, errorMessage, RoadwatchError } from '../errors.ts';
import type { ConnectionState, DetectionEvent, PictureDemand } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import type { CameraProbe } from './camera-probe.ts';
import { cameraState } from './camera-state.ts';
import { closeCodes } from './close-codes.ts';
import type { DetectionFrames } from './detection-frames.ts';
import {
  type ClientMessage,
  type ClientMessageType,
  messageRoles,
  type ServerMessage,
  type WireCameraId,
} from './messages.ts';
import { parseMessage } from './parse-message.ts';
import type { Connection, SocketClient } from './route.ts';
import { TokenBucket } from './token-bucket.ts';
import { pictureDemand, type ViewerOptions } from './viewer-options.ts';

/** Refused messages in a row after which a client is sent away. */
const maxRefusals = 100;

export interface ViewerContext {
  /** What the client may do. */
  readonly role: AccessLevel;
  readonly registry: CameraRegistry;
  readonly probe: CameraProbe;
  readonly addresses: Pick<CameraAddresses, 'pin'>;
  readonly clock: Clock;
  readonly limits: {
    readonly maxMessageBytes: number;
    readonly maxMessagesPerSecond: number;
    readonly maxBufferedBytes: number;
  };
  /** It has started a camera that did not run. */
  readonly onStart: (cameraId: string) => void;
  /** A frame was skipped for a viewer that reads too slowly. */
  readonly onFrameSkipped: () => void;
  /** The frames of a detection, shared by all of its viewers. */
  readonly framesOf: (event: DetectionEvent) => DetectionFrames;
}

export class Viewer implements CameraWatcher, SocketClient {
  readonly pictures: PictureDemand;
  readonly #socket: Connection;
  readonly #options: ViewerOptions;
  readonly #context: ViewerContext;
  readonly #rate: TokenBucket;
  /** The cameras it looks at, with the id as it wrote it. */
  readonly #cameras = new Map<string, WireCameraId>();
  #refusals = 0;
  #gone = false;

  constructor(socket: Connection, options: ViewerOptions, context: ViewerContext) {
    this.pictures = pictureDemand(options);
    this.#socket = socket;
    this.#options = options;
    this.#context = context;
    this.#rate = new TokenBucket(context.limits.maxMessagesPerSecond, context.clock);
  }

  /** The connection is open: greets, and tells where the cameras stand. */
  open(): void {
    this.#send({ type: 'connection_ack', data: { message: 'WS connected (pipeline ready)' } });
    if (!this.#options.states) return;
    const { registry } = this.#context;
    for (const { cameraId } of registry.list()) this.onState(cameraId, registry.connectionOf(cameraId), 'known');
  }

  /** The connection is gone. */
  close(): void {
    this.#gone = true;
    this.#context.probe.forget(this);
    this.#context.registry.leave(this);
  }

  /** A frame from the client. */
  receive(message: Buffer, isBinary: boolean): void {
    if (!this.#rate.take()) {
      this.#refuse(new RoadwatchError('rate-limited', this.#rateWords()));
      return;
    }
    try {
      const parsed = this.#parse(message, isBinary);
      this.#checkRole(parsed.type);
      this.#handle(parsed);
      this.#refusals = 0;
    } catch (error) {
      this.#refuse(error);
    }
  }

  onDetection(event: DetectionEvent): void {
    const cameraId = this.#cameras.get(event.cameraId);
    if (cameraId === undefined) return;
    if (this.#socket.bufferedBytes() > this.#context.limits.maxBufferedBytes / 2) {
      this.#context.onFrameSkipped();
      return;
    }
    const frames = this.#context.framesOf(event);
    const picture = this.#options.binaryPictures ? frames.picture(cameraId) : undefined;
    const sent = picture === undefined || this.#socket.sendBinary(picture);
    if (!sent || !this.#socket.sendText(frames.text(cameraId, this.#options.frames))) this.#context.onFrameSkipped();
  }

  onStopped(cameraId: string, reason: string): void {
    const asWritten = this.#cameras.get(cameraId);
    if (asWritten === undefined) return;
    this.#cameras.delete(cameraId);
    this.#send({ type: 'stream_stopped', data: { cameraId: asWritten, reason } });
  }

  onRefused(cameraId: string, error: unknown): void {
    const asWritten = this.#cameras.get(cameraId);
    if (asWritten === undefined) return;
    const [code, message] = [errorCode(error), errorMessage(error)];
    this.#send({ type: 'error', data: { message, code, cameraId: asWritten } });
    this.#cameras.delete(cameraId);
    this.#send({ type: 'stream_stopped', data: { cameraId: asWritten, reason: message, code } });
  }

  /** A camera's state, for those who asked for states; `known`: as it stood when this viewer came. */
  onState(cameraId: string, connection: ConnectionState | undefined, when: 'now' | 'known' = 'now'): void {
    if (!this.#options.states || (when === 'known' && connection === undefined)) return;
    this.#send({ type: 'camera_state', data: cameraState(cameraId, connection, this.#context.clock.nowMs()) });
  }

  /** Something happened to an alert: `message` is the same for all who asked for alerts. */
  onAlert(message: string): void {
    if (this.#options.alerts) this.#sendText(message);
  }

  #parse(message: Buffer, isBinary: boolean): ClientMessage {
    if (isBinary) throw new RoadwatchError('binary-not-supported', 'expected a text frame with a JSON object');
    const { maxMessageBytes } = this.#context.limits;
    if (message.length > maxMessageBytes) {
      throw new RoadwatchError(
        'message-too-large',
        `expected at most ${maxMessageBytes} bytes, received ${message.length}`,
      );
    }
    return parseMessage(message.toString('utf8'));
  }

  #checkRole(type: ClientMessageType): void {
    const [needed, { role }] = [messageRoles[type], this.#context];
    if (mayDo(role, needed)) return;
    throw new RoadwatchError('forbidden', `${type}: expected the role ${needed}, not ${role}`);
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'ping':
        this.#send({ type: 'pong', data: {} });
        return;
      case 'start_stream':
        this.#start(message.data.cameraId, message.data.rtspUrl);
        return;
      case 'watch':
        this.#look(message.data.cameraId, (cameraId) => this.#context.registry.watch(cameraId, this));
        return;
      case 'stop_stream':
        this.#leave(message.data.cameraId);
        this.#send({ type: 'stream_stopped', data: { cameraId: message.data.cameraId, reason: 'stopped' } });
        return;
      case 'unwatch':
        this.#leave(message.data.cameraId);
        return;
      case 'check_camera':
        void this.#check(message.data.cameraId, message.data.rtspUrl);
    }
  }

  /** At once, unless the camera's host must be looked up. */
  #start(wireId: WireCameraId, url: string): void {
    const { registry, addresses } = this.#context;
    const start = (connectedBy: string) =>
      this.#look(wireId, (cameraId) => {
        const isNew = !registry.isRunning(cameraId);
        registry.start(cameraId, url, this, connectedBy);
        if (isNew) this.#context.onStart(cameraId);
      });
    const pinned = registry.isRunning(String(wireId)) ? url : withCamera(wireId, () => addresses.pin(url));
    if (typeof pinned === 'string') start(pinned);
    else void this.#startWhen(pinned, wireId, start);
  }

  async #startWhen(pinned: Promise<string>, wireId: WireCameraId, start: (address: string) => void): Promise<void> {
    try {
      const address = await pinned;
      if (!this.#gone) start(address);
    } catch (error) {
      if (!this.#gone) this.#refuse(error instanceof CameraError ? error : new CameraError(error, wireId));
    }
  }

  #look(wireId: WireCameraId, look: (cameraId: string) => void): void {
    const cameraId = String(wireId);
    withCamera(wireId, () => look(cameraId));
    this.#cameras.set(cameraId, wireId);
  }

  #leave(wireId: WireCameraId): void {
    const cameraId = String(wireId);
    withCamera(wireId, () => this.#context.registry.unwatch(cameraId, this));
    this.#cameras.delete(cameraId);
  }

  async #check(cameraId: WireCameraId, url: string): Promise<void> {
    const status = await this.#context.probe.check(url, this);
    if (!this.#gone) this.#send({ type: 'camera_status', data: { cameraId, ...status } });
  }

  #refuse(error: unknown): void {
    const cameraId = error instanceof CameraError ? { cameraId: error.cameraId } : {};
    this.#send({ type: 'error', data: { message: errorMessage(error), code: errorCode(error), ...cameraId } });
    this.#refusals += 1;
    if (this.#refusals >= maxRefusals) this.#end(closeCodes.policyViolation, 'too many messages that were refused');
  }

  #rateWords(): string {
    return `expected at most ${this.#context.limits.maxMessagesPerSecond} messages a second; this one was not read`;
  }

  /** What may not be skipped. */
  #send(message: ServerMessage): void {
    this.#sendText(JSON.stringify(message));
  }

  #sendText(message: string): void {
    if (this.#gone) return;
    if (!this.#socket.sendText(message)) this.#end(closeCodes.tryAgainLater, 'the client does not read');
  }

  #end(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket.close(code, reason);
  }
}

/** A refusal that concerns one camera. */
class CameraError extends RoadwatchError {
  readonly cameraId: WireCameraId;

  constructor(cause: unknown, cameraId: WireCameraId) {
    super(errorCode(cause), errorMessage(cause), { cause });
    this.cameraId = cameraId;
  }
}

function withCamera<Result>(cameraId: WireCameraId, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw new CameraError(error, cameraId);
  }
}
