/** `/ws`: the clients that look at cameras, and what all of them are told. */
import type { Caller } from '../auth/caller.ts';
import type { CameraAddresses } from '../camera/camera-addresses.ts';
import type { CameraRegistry } from '../camera/camera-registry.ts';
import type { Config } from '../config/schema.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { DetectionEvent } from '../native.ts';
import type { Clock } from '../time/clock.ts';
import { alertData } from './alert-data.ts';
import type { AlertAnswers } from './alert-routes.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { CameraProbe } from './camera-probe.ts';
import { type DetectionContext, DetectionFrames } from './detection-frames.ts';
import { messageRoles, type ServerMessage } from './messages.ts';
import { type Reply, refusal } from './reply.ts';
import type { Connection, SocketClient, SocketEndpoint, SocketRequest } from './route.ts';
import { Viewer } from './viewer.ts';
import { parseViewerOptions, type ViewerOptions } from './viewer-options.ts';

/** A little more than the largest message that is answered in words; larger ones end the connection. */
const maxPayloadBytes = 2 * 1_048_576;

export interface ViewerSocketOptions {
  readonly config: Config['server'];
  readonly registry: CameraRegistry;
  readonly probe: CameraProbe;
  readonly addresses: Pick<CameraAddresses, 'pin'>;
  readonly detections: DetectionContext;
  readonly alerts: AlertAnswers;
  readonly clock: Clock;
  readonly onFrameSkipped: () => void;
}

export class ViewerSocket {
  readonly endpoint: SocketEndpoint;
  readonly #options: ViewerSocketOptions;
  readonly #trail: AuditTrail;
  readonly #viewers = new Set<Viewer>();
  readonly #frames = new WeakMap<DetectionEvent, DetectionFrames>();
  readonly #detections: DetectionContext;
  readonly #forget: readonly (() => void)[];

  constructor(options: ViewerSocketOptions, trail: AuditTrail) {
    this.#options = options;
    this.#trail = trail;
    const { config, registry, alerts, detections } = options;
    this.#detections = { ...detections, riskOf: ({ cameraId, groups }) => alerts.current.of(cameraId, groups) };
    this.endpoint = {
      path: '/ws',
      role: 'viewer',
      messages: messageRoles,
      maxMessageBytes: maxPayloadBytes,
      maxBufferedBytes: config.maxBufferedBytes,
      maxConnections: config.maxConnections,
      prepare: (request) => this.#prepare(request),
    };
    this.#forget = [
      registry.onState((cameraId, connection) => {
        for (const viewer of this.#viewers) viewer.onState(cameraId, connection);
      }),
      alerts.onChange(({ change, ...state }) => {
        const message: ServerMessage = { type: 'alert', data: { change, ...alertData(state) } };
        const text = JSON.stringify(message);
        for (const viewer of this.#viewers) viewer.onAlert(text);
      }),
    ];
  }

  /** Clients that are connected. */
  get viewers(): number {
    return this.#viewers.size;
  }

  /** Tells nobody anything any more. */
  close(): void {
    for (const forget of this.#forget) forget();
  }

  #prepare(request: SocketRequest): Reply | ((connection: Connection) => SocketClient) {
    try {
      const options = parseViewerOptions(request.query);
      return (connection) => this.#open(connection, options, request);
    } catch (error) {
      return refusal(400, errorCode(error), errorMessage(error));
    }
  }

  #open(connection: Connection, options: ViewerOptions, { caller, address }: SocketRequest): SocketClient {
    const { registry, probe, addresses, clock, config, onFrameSkipped } = this.#options;
    const viewer = new Viewer(connection, options, {
      role: caller.role,
      registry,
      probe,
      addresses,
      clock,
      limits: config,
      onFrameSkipped,
      onStart: (cameraId) => this.#noteStart(caller, cameraId, address),
      framesOf: (event) => this.#framesOf(event),
    });
    this.#viewers.add(viewer);
    viewer.open();
    return {
      receive: (message, isBinary) => viewer.receive(message, isBinary),
      close: () => {
        this.#viewers.delete(viewer);
        viewer.close();
      },
    };
  }

  /** Of those without a name there is nothing to tell but that they were there: too much of that would be written. */
  #noteStart(caller: Caller, subject: string, from: string): void {
    if ('name' in caller) this.#trail.note({ caller, action: 'camera.start', subject, from }, 200);
  }

  #framesOf(event: DetectionEvent): DetectionFrames {
    const known = this.#frames.get(event);
    if (known) return known;
    const frames = new DetectionFrames(event, this.#detections);
    this.#frames.set(event, frames);
    return frames;
  }
}
